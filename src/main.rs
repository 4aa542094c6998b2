//! The program `clp-gen`: arguments in, an exit code out.

use std::process::ExitCode;
use std::thread;

use clp_gen::cli;

#[global_allocator]
static ALLOCATOR: clp_gen::bounds::Bounded = clp_gen::bounds::Bounded;

/// Nickel's parser and evaluator recurse over syntax, so deep input needs a deep stack. It is
/// address space, not memory.
const STACK_BYTES: usize = 1 << 30;

fn main() -> ExitCode {
    let run = || {
        let code = cli::run(std::env::args_os());
        // Dropping a deep value recurses too, and there is nothing left to do.
        std::process::exit(code.into())
    };
    let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    let worker = worker.expect("a thread can be started");
    // It ends the process itself, unless it panicked: then its message is out already.
    let _: Result<(), _> = worker.join();
    ExitCode::from(cli::BUG)
}
