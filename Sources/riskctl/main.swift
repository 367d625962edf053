import Glibc
import RiskctlCLI

exit(await Riskctl.main(CommandLine.arguments))
