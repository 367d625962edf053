import Glibc
import RiskdCLI

exit(await Riskd.main(CommandLine.arguments))
