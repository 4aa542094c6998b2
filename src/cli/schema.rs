//! `clp-gen schema`.

use clap::{Args, ValueEnum};
use nickel::Input;

use super::data;
use crate::failure::Failure;
use crate::schema;

/// Describe what users may write, from the package's contracts
///
/// Prints the JSON Schema of an input, by which editors complete and check it; `options` prints
/// the reference of every option, in Markdown. For the YAML language server:
///
///   clp-gen schema config > clp-config.schema.json
///   # yaml-language-server: $schema=clp-config.schema.json    (first line of clp-config.yaml)
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Schema {
    /// What to describe
    #[arg(value_enum, default_value_t = Subject::Config)]
    subject: Subject,

    /// The package: `clp`, or a folder with `main.ncl` and `inputs.ncl`
    #[arg(long, value_name = "NAME|DIR")]
    package: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    /// The package's own configuration
    Config,
    /// The credentials
    Credentials,
    /// The facts of the machine
    Host,
    /// The reference of all of them, in Markdown
    Options,
}

impl Schema {
    pub(super) fn run(&self, json: bool) -> Result<(), Failure> {
        let Self { subject, package } = self;
        let input = match subject {
            Subject::Config => Input::Config,
            Subject::Credentials => Input::Credentials,
            Subject::Host => Input::Host,
            Subject::Options => {
                data(&schema::options(package.as_deref(), json)?);
                return Ok(());
            }
        };
        super::json(&schema::json_schema(package.as_deref(), input, json)?);
        Ok(())
    }
}
