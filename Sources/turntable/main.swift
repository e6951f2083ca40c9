import Glibc

// Writing to a pipe whose reader has gone is an error to handle, not a signal to die of.
signal(SIGPIPE, SIG_IGN)
exit(await Turntable.run(Array(CommandLine.arguments.dropFirst())))
