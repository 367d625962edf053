/// Where files are that no path leads to.
extension LiveReader {
    /// What a folder holds, as of the first time that it is asked for since a look began.
    func listing(of folder: String) -> Folder {
        if let listing = listings[folder] { return listing }
        let listing = Folder(folder, onEntry: step)
        listings[folder] = listing
        return listing
    }

    /// The path that leads to a file, beside one of `paths` or where these lead to.
    func path(of locator: FileLocator, of paths: [String]) -> String? {
        for folder in Set(paths.filter { !$0.isEmpty }.flatMap(searchedFolders)).sorted() {
            let isKnown = listings[folder] != nil
            if let path = listing(of: folder).path(of: locator) { return path }
            // It may have been renamed again since; of a folder in which that goes on, every look of thousands would take a walk.
            guard isKnown, outdated < Self.mostOutdated, listing(of: folder).isOutdated else { continue }
            outdated += 1
            listings[folder] = nil
            if let path = listing(of: folder).path(of: locator) { return path }
        }
        return nil
    }

    /// Where generations of a path may lie.
    func searchedFolders(of path: String) -> Set<String> {
        var result = folders[path] ?? []
        result.insert(SystemPath.folder(of: path))
        if let file = try? OpenFile(path: path), let place = file.place {
            result.insert(SystemPath.folder(of: place))
        }
        return result
    }
}
