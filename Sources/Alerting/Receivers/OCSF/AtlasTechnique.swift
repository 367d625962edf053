import Runtime

/// The techniques of MITRE ATLAS 5.6.0 that riskd may name, each under one of its tactics
/// (docs/design/people.md#techniques).
enum AtlasTechnique {
    private struct Entry {
        let tactic: (id: String, name: String)
        let name: String
    }

    private static let access = (id: "AML.TA0000", name: "AI Model Access")
    private static let staging = (id: "AML.TA0001", name: "AI Attack Staging")
    private static let evasion = (id: "AML.TA0007", name: "Defense Evasion")
    private static let discovery = (id: "AML.TA0008", name: "Discovery")
    private static let exfiltration = (id: "AML.TA0010", name: "Exfiltration")
    private static let impact = (id: "AML.TA0011", name: "Impact")

    private static let table: [String: Entry] = [
        "AML.T0005": Entry(tactic: staging, name: "Create Proxy AI Model"),
        "AML.T0005.001": Entry(tactic: staging, name: "Train Proxy via Replication"),
        "AML.T0013": Entry(tactic: discovery, name: "Discover AI Model Ontology"),
        "AML.T0014": Entry(tactic: discovery, name: "Discover AI Model Family"),
        "AML.T0015": Entry(tactic: evasion, name: "Evade AI Model"),
        "AML.T0024": Entry(tactic: exfiltration, name: "Exfiltration via AI Inference API"),
        "AML.T0024.000": Entry(tactic: exfiltration, name: "Infer Training Data Membership"),
        "AML.T0024.001": Entry(tactic: exfiltration, name: "Invert AI Model"),
        "AML.T0024.002": Entry(tactic: exfiltration, name: "Extract AI Model"),
        "AML.T0029": Entry(tactic: impact, name: "Denial of AI Service"),
        "AML.T0034": Entry(tactic: impact, name: "Cost Harvesting"),
        "AML.T0040": Entry(tactic: access, name: "AI Model Inference API Access"),
        "AML.T0042": Entry(tactic: staging, name: "Verify Attack"),
        "AML.T0043": Entry(tactic: staging, name: "Craft Adversarial Data"),
        "AML.T0043.000": Entry(tactic: staging, name: "White-Box Optimization"),
        "AML.T0043.001": Entry(tactic: staging, name: "Black-Box Optimization"),
        "AML.T0043.002": Entry(tactic: staging, name: "Black-Box Transfer"),
        "AML.T0043.003": Entry(tactic: staging, name: "Manual Modification"),
        "AML.T0046": Entry(tactic: impact, name: "Spamming AI System with Chaff Data"),
        "AML.T0063": Entry(tactic: discovery, name: "Discover AI Model Outputs"),
    ]

    /// OCSF's `attack` object of a technique or sub-technique; one that is not in the table goes without names.
    static func attack(_ id: String) -> JSONValue {
        let parts = id.split(separator: ".")
        // AML.T0043.001 is a part of AML.T0043.
        let parent = parts.prefix(2).joined(separator: ".")
        var members = [member("version", "5.6.0")]
        if let tactic = table[parent]?.tactic {
            members.append(
                member("tactic", .object(["uid": .string(tactic.id), "name": .string(tactic.name)]))
            )
        }
        members.append(member("technique", object(parent)))
        if parts.count > 2 { members.append(member("sub_technique", object(id))) }
        return .object(members)
    }

    /// What ATLAS calls a technique; nil for one that is not in the table.
    static func name(of id: String) -> String? { table[id]?.name }

    private static func object(_ id: String) -> JSONValue {
        var members = [member("uid", .string(id))]
        if let name = table[id]?.name { members.append(member("name", .string(name))) }
        return .object(members)
    }
}
