import Glibc

exit(await Bench.main(CommandLine.arguments))
