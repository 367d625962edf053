/// The version of riskd: what `--version`, the API's description, metrics, messages, exports and clients name.
///
/// Written here and nowhere else; a release changes it together with CHANGELOG.md and `version` in docs/openapi.yaml.
package let riskdVersion = "0.1.0"
