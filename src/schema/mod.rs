//! What users may write in the inputs of a package, for editors and as a reference.

mod json;
mod markdown;

use std::path::Path;

use nickel::{Field, Input, Layer, Schema};
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::read::{Loaded, with_loaded};
use crate::request::Request;

/// One input, and what may stand in it.
struct Described {
    /// Where it is unless the user says otherwise: `etc/clp-config.yaml`.
    path: String,
    /// Its keys.
    schema: Schema,
    /// The value of each key that is not written; null where keys have none.
    defaults: Json,
}

/// The JSON Schema (draft 7, which editors know best) of one input of the package.
///
/// # Errors
///
/// A package with mistakes; an input that the package does not have.
pub fn json_schema(package: Option<&str>, input: Input, json: bool) -> Result<Json, Failure> {
    with_package(package, json, |loaded| match describe(loaded, input) {
        Some(described) => Ok(json::schema(&described)),
        None => {
            let message = "this package has no credentials";
            Err(Failure::input(message.to_owned(), "Ask for `config` or `host`"))
        }
    })
}

/// The reference of every option of every input, in Markdown.
///
/// # Errors
///
/// A package with mistakes.
pub fn options(package: Option<&str>, json: bool) -> Result<String, Failure> {
    with_package(package, json, |loaded| {
        let inputs = [Input::Config, Input::Credentials, Input::Host];
        let described: Vec<_> = inputs.iter().filter_map(|it| describe(loaded, *it)).collect();
        Ok(markdown::options(&described))
    })
}

/// What a value may be, in words; empty where nothing is known.
#[must_use]
pub fn in_words(field: &Field) -> String {
    markdown::value(field)
}

fn with_package<T>(
    package: Option<&str>,
    json: bool,
    work: impl FnOnce(&mut Loaded<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let package = package.map(ToOwned::to_owned);
    with_loaded(&Request { package, package_only: true, ..Request::default() }, json, work)
}

fn describe(loaded: &mut Loaded<'_>, input: Input) -> Option<Described> {
    let name = match input {
        Input::Config => "config",
        Input::Credentials => "credentials",
        Input::Host => "host",
    };
    let path = loaded.defaults.get(name)?.as_str()?.to_owned();
    let schema = loaded.front.schema(input);
    // Keys without a default leave nothing to evaluate; then there are no defaults to show.
    let record = loaded.evaluate(Layer::Package).map(|it| it.record).unwrap_or_default();
    Some(Described { path, schema, defaults: record[name].clone() })
}

impl Described {
    /// The name of the file.
    fn name(&self) -> &str {
        Path::new(&self.path).file_name().and_then(|it| it.to_str()).unwrap_or(&self.path)
    }
}
