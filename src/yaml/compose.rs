//! From the parser's events to a tree.
//!
//! **Invariant.** Lists and maps that are open stand in a vector, not on the call stack; reading
//! stops at [`DEEPEST`] of them.

use nickel::{Node, Span, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

use super::anchor::{self, Anchors};
use super::frame::{Content, Frame, Key, KeyKind, Map};
use super::leaf::Scalar;
use super::problem::{Problem, Problems};
use super::source::Source;
use super::tag::{self, Refusal};
use super::{DEEPEST, Document, block, place, syntax};

/// Reads all events of a file.
pub(super) fn compose(source: &Source<'_>) -> Result<Document, Vec<Problem>> {
    let mut composer = Composer::new(source);
    for event in Parser::new_from_str(source.yaml()) {
        let step = match event {
            Ok((event, marks)) => composer.event(&event, &marks),
            Err(error) => {
                let open = composer.stack.iter().map(|frame| frame.start).collect::<Vec<_>>();
                // What key the text belongs to is not known before it can be read.
                Err(syntax::explain(source, &error, composer.last, &open))
            }
        };
        if let Err(problem) = step {
            composer.problems.add(|| problem);
            break;
        }
    }
    composer.finish()
}

/// A tree that is being read.
pub(super) struct Composer<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) stack: Vec<Frame>,
    root: Option<Node>,
    pub(super) anchors: Anchors,
    pub(super) problems: Problems,
    pub(super) warnings: Problems,
    /// The last scalar, alias or bracket.
    last: Span,
    /// The last tab that was complained about.
    last_tab: Option<usize>,
    started: bool,
    /// Values of merge keys that are not used.
    unused: Vec<Span>,
}

impl<'a> Composer<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        Self {
            source,
            stack: vec![],
            root: None,
            anchors: Anchors::default(),
            problems: Problems::default(),
            warnings: Problems::default(),
            last: Span { start: source.line_start(0), end: source.line_start(0) },
            last_tab: None,
            started: false,
            unused: vec![],
        }
    }

    /// Takes an event. An error ends the reading.
    fn event(&mut self, event: &Event<'_>, marks: &Marks) -> Result<(), Problem> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(marks),
            Event::Alias(number) => self.alias(*number, marks),
            Event::Scalar(text, style, anchor, tag) => {
                let span = place::scalar(self.source, (text, *style), marks, self.last.end);
                let text = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        block::text(self.source, span, text)
                    }
                    ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        text.as_ref().into()
                    }
                };
                let quoted = *style != ScalarStyle::Plain;
                let (text, tag) = (text.as_ref(), tag.as_deref());
                self.scalar(Scalar { text, quoted, tag, anchor: *anchor, span })
            }
            Event::SequenceStart(anchor, tag) => {
                let below_key =
                    matches!(self.stack.last(), Some(Frame { content: Content::Map(_), .. }));
                let start = self.source.offset(&marks.start);
                let start = if below_key { place::list_start(self.source, start) } else { start };
                self.check_tag(tag::collection(tag.as_deref(), "seq"), start);
                self.open(start, *anchor, Content::List(vec![]))
            }
            Event::MappingStart(anchor, tag) => {
                let start = self.source.offset(&marks.start);
                self.check_tag(tag::collection(tag.as_deref(), "map"), start);
                self.open(start, *anchor, Content::Map(Map::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(event, marks),
        }
    }

    fn document(&mut self, marks: &Marks) -> Result<(), Problem> {
        if !self.started {
            self.started = true;
            return Ok(());
        }
        let start = self.source.offset(&marks.start);
        let end = self.source.offset(&marks.end).max(start);
        let problem = Problem::new(Span { start, end }, "a second document starts here");
        Err(problem.help("Keep one document in a file"))
    }

    fn open(&mut self, start: usize, anchor: usize, content: Content) -> Result<(), Problem> {
        let span = self.source.character(start);
        if self.stack.len() == DEEPEST {
            return Err(anchor::too_deep(span));
        }
        let bracket = place::is_bracket(self.source, start);
        self.reach(Span { start, end: if bracket { start + 1 } else { start } });
        if self.wants_key() {
            let help = "Write text that starts with a bracket in quotes";
            self.refuse(span, ("a list or a map cannot be a key", help));
        }
        self.stack.push(Frame { start, anchor, last_child: start, content });
        Ok(())
    }

    fn close(&mut self, event: &Event<'_>, marks: &Marks) -> Result<(), Problem> {
        let Some(Frame { start, anchor, last_child, content }) = self.stack.pop() else {
            return Ok(());
        };
        let end = place::collection_end(self.source, event, marks, last_child);
        if end > self.last.end {
            self.last = Span { start: end, end };
        }
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map(map) => {
                let (entries, unused) = map.finish();
                self.unused.extend(unused);
                Value::Map(entries)
            }
        };
        let node = Node { value, span: Span { start, end: end.max(start) } };
        self.anchors.keep(anchor, &node).map_err(|problem| problem.at(self.path()))?;
        self.put(node);
        Ok(())
    }

    /// Adds a node to the list or map that is open.
    pub(super) fn put(&mut self, node: Node) {
        if self.wants_key() {
            self.refused_key(node.span);
            return;
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.last_child = frame.last_child.max(node.span.end);
        if let Err(problem) = frame.add(node) {
            let Self { stack, problems, .. } = self;
            problems.add(|| problem.at(path(stack)));
        }
    }

    pub(super) fn wants_key(&self) -> bool {
        self.stack.last().is_some_and(Frame::wants_key)
    }

    pub(super) fn set_key(&mut self, key: Key) {
        if let Some(Frame { content: Content::Map(map), last_child, .. }) = self.stack.last_mut() {
            *last_child = (*last_child).max(key.span.end);
            map.key = Some(key);
        }
    }

    pub(super) fn refused_key(&mut self, span: Span) {
        self.set_key(Key { text: String::new(), span, kind: KeyKind::Refused });
    }

    /// Notes that the parser came to a node.
    pub(super) fn reach(&mut self, span: Span) {
        if span.end > self.last.end {
            self.last = span;
        }
        let tab = place::tab_indent(self.source, span.start);
        if tab.is_some() && tab != self.last_tab {
            self.last_tab = tab;
            let span = self.source.character(tab.unwrap_or_default());
            self.problems.add(|| syntax::tab(span));
        }
    }

    fn check_tag(&mut self, checked: Result<(), Refusal>, start: usize) {
        if let Err(refusal) = checked {
            self.refuse(self.source.character(start), refusal);
        }
    }

    pub(super) fn refuse(&mut self, span: Span, (message, help): Refusal) {
        let Self { stack, problems, .. } = self;
        problems.add(|| Problem::new(span, message).at(path(stack)).help(help));
    }

    /// The key path of the node that comes next.
    pub(super) fn path(&self) -> String {
        path(&self.stack)
    }

    fn finish(self) -> Result<Document, Vec<Problem>> {
        let Self { root, anchors, problems, warnings, unused, .. } = self;
        if !problems.is_empty() {
            return Err(problems.finish());
        }
        let absent = |root: &Node| root.value == Value::Null && root.span.start == root.span.end;
        Ok(Document {
            root: root.filter(|root| !absent(root)),
            warnings: warnings.finish(),
            anchors: anchors.spans,
            aliases: anchors.aliases,
            unused,
        })
    }
}

/// The key path of the node that comes next.
pub(super) fn path(stack: &[Frame]) -> String {
    stack.iter().fold(String::new(), |path, frame| frame.next_path(&path))
}
