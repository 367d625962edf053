import Foundation
import Glibc

/// What this process and its PostgreSQL have used of the machine so far.
struct ProcessUse {
    /// CPU time of this process, in seconds.
    let own: Double
    /// CPU time of the server and its children, in seconds.
    let server: Double

    /// The use until now.
    ///
    /// - Parameter process: the server's process id; nil when there is none.
    init(server process: Int32?) {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        own = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        server = process.map { Self.seconds(ofTree: $0) } ?? 0
    }

    /// Makes the peak of memory begin anew; nothing happens where the kernel does not let it.
    static func resetPeak() {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "5", 1)
        close(descriptor)
    }

    /// The most memory that this process had since ``resetPeak()``, in MiB; nil where the kernel does not say.
    static var peakMiB: Double? {
        guard let text = Self.text("/proc/self/status"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
    }

    private static func text(_ path: String) -> String? {
        // String's own reading of files brings its writing along, and that a linker warning.
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func seconds(ofTree root: Int32) -> Double {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let ticks = names.compactMap { Int32($0) }.reduce(0) { sum, process in
            guard let text = text("/proc/\(process)/stat"),
                let end = text.lastIndex(of: ")")
            else { return sum }
            // Behind the name: state, parent, …, utime (12th), stime, cutime, cstime; see proc_pid_stat(5).
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 14, process == root || Int32(fields[1]) == root else { return sum }
            // Children that have ended count in the server's own cutime and cstime.
            return sum + fields[11...(process == root ? 14 : 12)].reduce(0) { $0 + (Int($1) ?? 0) }
        }
        return Double(ticks) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }
}
