//! The front end: loads a package and a project, and evaluates them with what users wrote.

use std::collections::BTreeMap;

use nickel_lang_core::cache::CacheHub;
use nickel_lang_core::error::{Error, EvalError, NullReporter};
use nickel_lang_core::eval::value::{Container, NickelValue, ValueContentRef};
use nickel_lang_core::eval::{VirtualMachine, VmContext};
use nickel_lang_core::files::FileId;
use nickel_lang_core::identifier::LocIdent;
use serde_json::Value as Json;

use crate::budget::{Budget, BudgetCache};
use crate::decode::{self, Evaluated};
use crate::schema::{self, Elsewhere, Imports, Named, Schema, Scope};
use crate::sources::{Folder, LoadError, Sources};
use crate::syntax::Syntax;
use crate::tree::Walk;
use crate::{Document, File, Layer, Location, Node, Origins, Report, Span, blame, unknown};

/// What users wrote, besides a package and a project.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The package's own configuration; its defaults when absent.
    pub config: Option<Document>,
    /// The facts of the machine; their defaults when absent.
    pub host: Option<Document>,
    /// The credentials, where they are to be checked.
    pub credentials: Option<Document>,
    /// `path=expression`, each for one value.
    pub sets: Vec<String>,
}

/// One of the files that a package describes with a contract.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input {
    /// The package's own configuration.
    Config,
    /// The facts of the machine.
    Host,
    /// The credentials.
    Credentials,
}

impl Input {
    /// The name of its contract.
    fn contract(self) -> &'static str {
        match self {
            Self::Config => "Config",
            Self::Host => "Host",
            Self::Credentials => "Credentials",
        }
    }

    /// The file that its contract is in.
    fn contract_file(self) -> File {
        match self {
            Self::Config | Self::Credentials => File::Package("inputs.ncl".to_owned()),
            Self::Host => File::Library("clp-gen/host.ncl".to_owned()),
        }
    }

    /// The file itself.
    #[must_use]
    pub fn file(self) -> File {
        match self {
            Self::Config => File::Config,
            Self::Host => File::Host,
            Self::Credentials => File::Credentials,
        }
    }
}

/// A virtual machine with what it has loaded. It is tied to its thread.
pub struct Front<'a> {
    vm: VmContext<CacheHub, BudgetCache>,
    sources: Sources,
    folders: BTreeMap<&'static str, Folder<'a>>,
    project: Option<String>,
    generated: usize,
}

/// What fails is a list of reports.
type Result<T> = std::result::Result<T, Vec<Report>>;

impl<'a> Front<'a> {
    /// A front end with the library, and nothing else yet. `library` holds texts that stand in for
    /// the library's own, by path.
    ///
    /// # Panics
    ///
    /// Never: Nickel's own library is part of this program.
    #[must_use]
    pub fn new(budget: Budget, library: &BTreeMap<String, String>) -> Self {
        let mut vm: VmContext<CacheHub, BudgetCache> =
            VmContext::new(CacheHub::new(), std::io::sink(), NullReporter {});
        vm.cache.budget = budget;
        let sources = Sources::new(&mut vm.import_resolver, library);
        vm.import_resolver
            .prepare_stdlib(&mut vm.pos_table)
            .unwrap_or_else(|_| panic!("Nickel's own library is part of this program"));
        Self { vm, sources, folders: BTreeMap::new(), project: None, generated: 0 }
    }

    /// Loads the project file `main` of a folder, and gives its field `deployment`.
    ///
    /// # Errors
    ///
    /// What is wrong with the file's syntax, its imports, or that field.
    pub fn project(&mut self, folder: Folder<'a>, main: &str) -> Result<Json> {
        self.folders.insert("project", folder);
        self.project = Some(main.to_owned());
        let text = format!(
            "let project = import \"/@clp-gen/project/{main}\" in\n\
             if std.is_record project then std.record.get_or \"deployment\" {{}} project else \"\""
        );
        let choices = self.data(&text)?.0;
        if choices.is_string() {
            let file = File::Project(main.to_owned());
            let report = Report::new("this file is no record: what it changes stands in `{ … }`")
                .at(Location { file, span: Span::default() }, "in this file");
            return Err(vec![report.help("Write `{ services.NAME.FIELD = VALUE }`")]);
        }
        Ok(choices)
    }

    /// Loads the package of a folder, and gives its field `inputs`: where users keep their files.
    ///
    /// # Errors
    ///
    /// What is wrong with the package's syntax, its imports, or that field; a folder without
    /// `main.ncl`.
    pub fn package(&mut self, folder: Folder<'a>) -> Result<Json> {
        self.folders.insert("package", folder);
        let text = "(import \"/@clp-gen/package/main.ncl\").inputs";
        let inputs = self.data(text)?.0;
        self.load("import \"/@clp-gen/package/inputs.ncl\"")?;
        Ok(inputs)
    }

    /// What the package's contracts say about one of its inputs.
    #[must_use]
    pub fn schema(&self, input: Input) -> Schema {
        let file = input.contract_file();
        self.read_contracts(&file, &[input.contract()], schema::read).unwrap_or_default()
    }

    /// What the contract of a package's record says of its fields: `services`, `volumes`.
    #[must_use]
    pub fn topology_schema(&self) -> Schema {
        let file = File::Library("clp-gen/topology.ncl".to_owned());
        self.read_contracts(&file, &["Package"], schema::read).unwrap_or_default()
    }

    /// What a package says about keys that are none of its own.
    fn elsewhere(&self, input: Input) -> Elsewhere {
        let path = ["Elsewhere", input.contract()];
        self.read_contracts(&input.contract_file(), &path, schema::elsewhere).unwrap_or_default()
    }

    /// Reads the syntax at a path of a file that has contracts.
    fn read_contracts<T>(
        &self,
        file: &File,
        path: &[&str],
        read: impl for<'s> FnOnce(&Named<'s>, Imports<'_, 's>) -> T,
    ) -> Option<T> {
        let hub = &self.vm.import_resolver;
        let find = |file: &File| {
            let ast = hub.asts.get(self.sources.id(file)?)?;
            let path = match file {
                File::Package(path) | File::Library(path) => path.as_str(),
                _ => "",
            };
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Some(Named { ast, scope: Scope::file(&format!("{}{folder}", prefix(file))) })
        };
        let imports = |scope: &Scope<'_>, path: &str| {
            let (kind, folder) = scope.folder.split_once(':')?;
            let here = crate::sources::join(folder, path);
            let file = if kind == "package" { File::Package(here) } else { File::Library(here) };
            find(&file).or_else(|| find(&File::Library(path.to_owned())))
        };
        let found = schema::select(&find(file)?, path, &imports)?;
        Some(read(&found, &imports))
    }

    /// Evaluates the package with what users wrote, up to a layer.
    ///
    /// # Errors
    ///
    /// Every mistake that can be found: unknown keys, broken contracts, assertions that do not
    /// hold; what has no place in a user's file points into the package.
    pub fn evaluate(&mut self, inputs: &Inputs, upto: Layer) -> Result<Evaluated> {
        let mut reports = self.register(inputs)?;
        let whole = self.whole(inputs, upto)?;
        let value = self.prepare(whole)?;
        let unknown = reports.iter().any(|report| !report.warning);
        let evaluated = if unknown { None } else { self.export(value).ok() };
        let Some(value) = evaluated else {
            let inputs = Inputs { credentials: None, ..inputs.clone() };
            reports.extend(self.mistakes(whole, &inputs)?);
            return Err(reports);
        };
        let (record, origins) = self.walk(&value)?;
        let mut evaluated = decode::decode(record, origins, inputs)?;
        evaluated.warnings.splice(0..0, reports);
        Ok(evaluated)
    }

    /// Evaluates only the part of the package's record that a path of field names leads to, and
    /// nothing else that it does not need.
    ///
    /// # Errors
    ///
    /// Whatever keeps this part from being evaluated.
    pub fn part(&mut self, inputs: &Inputs, upto: Layer, path: &[&str]) -> Result<Json> {
        self.register(inputs)?;
        self.whole(inputs, upto)?;
        let path: String = path.iter().map(|name| format!(".\"{name}\"")).collect();
        let text = format!("(import \"/@clp-gen/main/{}.ncl\"){path}", self.generated);
        Ok(self.data(&text)?.0)
    }

    /// The text of a file that took part, as reports may show it.
    #[must_use]
    pub fn text(&self, file: &File) -> Option<String> {
        let id = self.sources.id(file)?;
        Some(self.vm.import_resolver.sources.source(id).to_owned())
    }

    /// Registers the user's files; unknown keys are reported and left out.
    fn register(&mut self, inputs: &Inputs) -> Result<Vec<Report>> {
        let mut reports = vec![];
        let files = [(Input::Config, &inputs.config), (Input::Host, &inputs.host)];
        for (input, document) in files {
            let Some(document) = document else { continue };
            let (root, unknown) = self.known(input, document);
            reports.extend(unknown);
            let VmContext { import_resolver, pos_table, .. } = &mut self.vm;
            self.sources.add_data(import_resolver, pos_table, input.file(), &document.text, &root);
        }
        if let Some(document) = &inputs.credentials {
            reports.extend(self.credentials(document)?);
        }
        Ok(reports)
    }

    /// What a file says without its unknown keys, and a report for each of these.
    fn known(&self, input: Input, document: &Document) -> (Node, Vec<Report>) {
        let (schema, elsewhere) = (self.schema(input), self.elsewhere(input));
        unknown::take(&document.root, &schema, &elsewhere, &input.file())
    }

    /// What is wrong with the credentials. Their values are placeholders here.
    fn credentials(&mut self, document: &Document) -> Result<Vec<Report>> {
        let (root, mut reports) = self.known(Input::Credentials, document);
        let VmContext { import_resolver, pos_table, .. } = &mut self.vm;
        let text = document.text.as_str();
        self.sources.add_data(import_resolver, pos_table, File::Credentials, text, &root);
        let id = self.load(
            "{ credentials | (import \"/@clp-gen/package/inputs.ncl\").Credentials \
             = import \"/@clp-gen/input/credentials.yaml\" }",
        )?;
        let value = self.prepare(id)?;
        let errors = VirtualMachine::new(&mut self.vm).eval_permissive(value, 32);
        let inputs = Inputs { credentials: Some(document.clone()), ..Inputs::default() };
        reports.extend(self.blame(errors, &inputs));
        Ok(reports)
    }

    /// The file that merges every layer up to `upto`.
    fn whole(&mut self, inputs: &Inputs, upto: Layer) -> Result<FileId> {
        let mut parts = vec!["(import \"/@clp-gen/package/main.ncl\")".to_owned()];
        if upto >= Layer::Configuration {
            for (name, document) in [("config", &inputs.config), ("host", &inputs.host)] {
                if document.is_some() {
                    parts.push(format!("{{ {name} = import \"/@clp-gen/input/{name}.yaml\" }}"));
                }
            }
        }
        if let Some(main) = self.project.as_ref().filter(|_| upto >= Layer::Deployment) {
            parts.push(format!("(import \"/@clp-gen/project/{main}\")"));
        }
        if upto >= Layer::Set {
            for (number, set) in inputs.sets.iter().enumerate() {
                self.set(number, set)?;
                parts.push(format!("(import \"/@clp-gen/set/{number}.ncl\")"));
            }
        }
        let parts = parts.join("\n& ");
        self.load(&format!("({parts})\n| (import \"clp-gen/topology.ncl\").Package"))
    }

    fn set(&mut self, number: usize, set: &str) -> Result<()> {
        let Some((path, expression)) = set.split_once('=') else {
            return Err(vec![Report::new(format!("`--set {set}` has no `=`"))]);
        };
        if expression.trim_start().starts_with('@') {
            let message =
                format!("`--set {path}` would read from outside: a build reads only its inputs");
            let help = "Write the value itself, as a Nickel expression";
            return Err(vec![Report::new(message).key(path).help(help)]);
        }
        let text = format!("{{ {path} | force = {expression} }}");
        self.sources.add(&mut self.vm.import_resolver, File::Set(number), &text);
        Ok(())
    }

    /// Registers a text of our own and everything that it imports.
    fn load(&mut self, text: &str) -> Result<FileId> {
        self.generated += 1;
        let VmContext { import_resolver, pos_table, .. } = &mut self.vm;
        let id = self.sources.add_generated(import_resolver, self.generated, text);
        match self.sources.load(import_resolver, pos_table, id, &self.folders) {
            Ok(()) => Ok(id),
            Err(LoadError::Syntax(errors)) => Err(self.syntax(errors.into())),
            Err(LoadError::Import { at, message }) => {
                let mut report = Report::new(message);
                if let Some(at) =
                    at.map(|at| self.sources.location(at)).filter(|it| it.file != File::Nickel)
                {
                    report = report.at(at, "imported here");
                }
                Err(vec![report])
            }
        }
    }

    fn prepare(&mut self, id: FileId) -> Result<NickelValue> {
        self.vm.prepare_eval_only(id).map_err(|error| self.syntax(error))
    }

    fn syntax(&self, error: Error) -> Vec<Report> {
        let mut files = self.vm.import_resolver.sources.files.clone();
        blame::nickel(error, &mut files, &self.sources)
    }

    fn export(&mut self, value: NickelValue) -> std::result::Result<NickelValue, EvalError> {
        VirtualMachine::new(&mut self.vm).eval_full_for_export_closure(value.into())
    }

    /// The value of an expression of ours, with its origins.
    fn data(&mut self, text: &str) -> Result<(Json, Origins)> {
        let id = self.load(text)?;
        let value = self.prepare(id)?;
        match self.export(value) {
            Ok(value) => self.walk(&value),
            Err(error) => Err(self.blame(vec![error], &Inputs::default())),
        }
    }

    fn walk(&self, value: &NickelValue) -> Result<(Json, Origins)> {
        let syntax = Syntax::new(&self.vm.import_resolver, self.sources.ids());
        let mut walk = Walk {
            positions: &self.vm.pos_table,
            sources: &self.sources,
            syntax: &syntax,
            origins: Origins::default(),
            reports: vec![],
        };
        let json = walk.root(value);
        if walk.reports.is_empty() { Ok((json, walk.origins)) } else { Err(walk.reports) }
    }

    /// Every mistake in a whole that does not evaluate: those of the inputs themselves and of the
    /// assertions that can be judged; only without any, those of everything else.
    fn mistakes(&mut self, whole: FileId, inputs: &Inputs) -> Result<Vec<Report>> {
        let whole = self.prepare(whole)?;
        let mut errors = vec![];
        let mut reports = vec![];
        let record = VirtualMachine::new(&mut self.vm).eval(whole.clone());
        match record {
            Err(error) => errors.push(error),
            Ok(record) => {
                for name in ["config", "host"] {
                    let field = field(&record, name).unwrap_or_else(NickelValue::null);
                    errors.extend(VirtualMachine::new(&mut self.vm).eval_permissive(field, 32));
                }
                let assertions = field(&record, "assertions");
                reports.extend(assertions.into_iter().flat_map(|it| self.assertions(it, inputs)));
            }
        }
        reports.splice(0..0, self.blame(errors, inputs));
        if reports.is_empty() {
            let errors = VirtualMachine::new(&mut self.vm).eval_permissive(whole, 64);
            reports = self.blame(errors, inputs);
        }
        Ok(reports)
    }

    fn assertions(&mut self, assertions: NickelValue, inputs: &Inputs) -> Vec<Report> {
        let Ok(record) = VirtualMachine::new(&mut self.vm).eval(assertions) else {
            return vec![];
        };
        let ValueContentRef::Record(Container::Alloc(data)) = record.content_ref() else {
            return vec![];
        };
        let values: Vec<_> =
            data.fields.values().filter_map(|it| it.value_with_pending_contracts()).collect();
        let judged = values.into_iter().filter_map(|it| self.export(it).ok());
        let judged: Vec<_> = judged.collect();
        let walked = judged.iter().filter_map(|it| self.walk(it).ok());
        walked.filter_map(|(json, _)| decode::assertion(json, inputs)).collect()
    }

    fn blame(&self, errors: Vec<EvalError>, inputs: &Inputs) -> Vec<Report> {
        let spent = self.vm.cache.is_spent();
        let mut files = self.vm.import_resolver.sources.files.clone();
        blame::evaluation(errors, &mut files, &self.sources, inputs, spent)
    }
}

fn prefix(file: &File) -> &'static str {
    if matches!(file, File::Package(_)) { "package:" } else { "library:" }
}

/// The value of a field with its contracts, not evaluated yet.
fn field(record: &NickelValue, name: &str) -> Option<NickelValue> {
    let ValueContentRef::Record(Container::Alloc(data)) = record.content_ref() else {
        return None;
    };
    data.fields.get(&LocIdent::from(name))?.value_with_pending_contracts()
}
