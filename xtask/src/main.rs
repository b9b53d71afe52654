fn main() -> std::process::ExitCode { let mut a = std::env::args_os().skip(1); a.next(); launcher::main(a) }
