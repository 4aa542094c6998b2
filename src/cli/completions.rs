//! `clp-gen completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, data};
use crate::failure::Failure;

/// Print a completion script for a shell
///
///   bash: clp-gen completions bash > ~/.local/share/bash-completion/completions/clp-gen
///   zsh:  clp-gen completions zsh > a folder of $fpath/_clp-gen
///   fish: clp-gen completions fish > ~/.config/fish/completions/clp-gen.fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Arguments::command(), "clp-gen", &mut script);
        data(&String::from_utf8_lossy(&script));
        Ok(())
    }
}
