//! What a stage has said so far: its text and its variables, worked out once for each stage.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::knowledge::bases::BaseImage;
use crate::syntax::{Args, Keyword, TextRange, expand, lossy};

use super::caches::{Kept, PipVersions};
use super::{Model, argument, put_in};

/// For each stage, when it is first asked for.
#[derive(Debug)]
pub(super) struct SoFar {
    texts: Vec<OnceCell<Text>>,
    variables: Vec<OnceCell<Variables>>,
    /// Where a text first ends in that of a stage.
    said: RefCell<HashMap<(usize, &'static str), Option<usize>>>,
    /// What is known of the image below each stage.
    pub images: Vec<OnceCell<Option<BaseImage>>>,
    /// What counts on the caches of each package manager.
    pub kept: RefCell<HashMap<&'static str, Rc<[Kept]>>>,
    pub pip: OnceCell<PipVersions>,
    /// The last stage of each name.
    pub stage_names: OnceCell<HashMap<String, usize>>,
}

/// What the instructions of a stage and of those below it say, in lower case.
#[derive(Debug, Clone)]
struct Text {
    text: String,
    /// Where each instruction of the stage itself ends in it.
    ends: Vec<usize>,
}

/// A name, and its value where it is known.
pub type Variable = (String, Option<String>);

/// What ENV and ARG of a stage and of those below it set, in order.
#[derive(Debug, Clone)]
struct Variables {
    all: Vec<Variable>,
    /// How many there are before each instruction of the stage itself.
    before: Vec<usize>,
}

impl SoFar {
    pub fn new(stages: usize) -> Self {
        Self {
            texts: vec![OnceCell::new(); stages],
            variables: vec![OnceCell::new(); stages],
            said: RefCell::default(),
            images: vec![OnceCell::new(); stages],
            kept: RefCell::default(),
            pip: OnceCell::new(),
            stage_names: OnceCell::new(),
        }
    }
}

/// Finds the end of the first thing of a kind in a text, whatever follows it.
type FindFirst<'t> = &'t dyn Fn(&str) -> Option<usize>;

/// Whether something was said so far, looked for once in each stage.
pub struct Mention<'t> {
    find: FindFirst<'t>,
    /// Where it ends in the text of each stage.
    found: RefCell<HashMap<usize, Option<usize>>>,
}

impl<'t> Mention<'t> {
    /// By `find`, which gives the end of the first thing of the kind, whatever follows it.
    #[must_use]
    pub fn new(find: FindFirst<'t>) -> Self {
        Self { find, found: RefCell::default() }
    }

    /// Whether it is in what the instructions up to `index`, and it itself, say, in lower case.
    #[must_use]
    pub fn is_up_to(&self, model: &Model<'_, '_>, index: usize) -> bool {
        model
            .ends_up_to(index, |stage, text| *self.found.borrow_mut().entry(stage).or_insert_with(|| (self.find)(text)))
    }
}

impl Model<'_, '_> {
    /// What the instructions up to `index`, and it itself, say, in lower case.
    #[must_use]
    pub fn text_up_to(&self, index: usize) -> &str {
        let Some(stage) = self.stage_of(index) else { return "" };
        let Text { text, ends } = self.text_of_stage(stage.index);
        &text[..ends[index - stage.range.start]]
    }

    /// Whether `text`, in lower case, is in what the instructions up to `index`, and it itself, say.
    #[must_use]
    pub fn said_up_to(&self, index: usize, text: &'static str) -> bool {
        self.ends_up_to(index, |stage, whole| {
            let find = || memchr::memmem::find(whole.as_bytes(), text.as_bytes()).map(|at| at + text.len());
            *self.so_far.said.borrow_mut().entry((stage, text)).or_insert_with(find)
        })
    }

    /// Whether something ends in what is said up to `index`; `first_end` gives where it does in the text of a stage.
    fn ends_up_to(&self, index: usize, first_end: impl FnOnce(usize, &str) -> Option<usize>) -> bool {
        let Some(stage) = self.stage_of(index) else { return false };
        let Text { text, ends } = self.text_of_stage(stage.index);
        first_end(stage.index, text).is_some_and(|end| end <= ends[index - stage.range.start])
    }

    /// Whether an ENV or ARG of this stage, or of those it is built on, sets a variable before instruction `index`.
    #[must_use]
    pub fn sets_variable(&self, index: usize, name: &str) -> bool {
        self.variables(index).iter().any(|(known, _)| known == name)
    }

    fn text_of_stage(&self, stage: usize) -> &Text {
        self.so_far.texts[stage].get_or_init(|| self.text_of(stage))
    }

    fn text_of(&self, stage: usize) -> Text {
        let stage = &self.stages[stage];
        let mut text = match stage.base.stage() {
            Some(below) => {
                let last = self.stages[below].range.end - 1;
                self.text_up_to(last).to_owned()
            }
            None => String::new(),
        };
        let mut ends = Vec::with_capacity(stage.range.len());
        for at in stage.range.clone() {
            text.push_str(&lossy(self.instructions[at].span.slice(self.file.source)));
            ends.push(text.len());
        }
        text.make_ascii_lowercase();
        Text { text, ends }
    }

    /// All that ENV and ARG of this stage, or of those it is built on, set before instruction `index`, in order;
    /// with variables set before put in where they are known.
    #[must_use]
    pub fn variables(&self, index: usize) -> &[Variable] {
        let Some(stage) = self.stage_of(index) else { return &[] };
        let Variables { all, before } =
            self.so_far.variables[stage.index].get_or_init(|| self.variables_of(stage.index));
        &all[..before[index - stage.range.start]]
    }

    fn variables_of(&self, stage: usize) -> Variables {
        let stage = &self.stages[stage];
        let mut all: Vec<Variable> = match stage.base.stage() {
            Some(below) => {
                let below = &self.stages[below];
                let known = self.so_far.variables[below.index].get_or_init(|| self.variables_of(below.index));
                known.all.clone()
            }
            None => Vec::new(),
        };
        let mut before = Vec::with_capacity(stage.range.len());
        for at in stage.range.clone() {
            before.push(all.len());
            let instruction = self.instructions[at];
            let text = instruction.joined.text();
            let set: Vec<(String, Option<TextRange>)> = match (&instruction.body.keyword, &instruction.body.args) {
                (Keyword::Env, _) => {
                    let pairs = instruction.body.pairs().iter();
                    pairs.map(|pair| (lossy(pair.key.slice(text)).into_owned(), Some(pair.value))).collect()
                }
                (Keyword::Arg, Args::Words(words)) => words.iter().map(|word| argument(text, *word)).collect(),
                _ => continue,
            };
            for (name, value) in set {
                let value = value.and_then(|value| self.with_known(value.slice(text), &all));
                all.push((name, value));
            }
        }
        Variables { all, before }
    }

    /// A value with what is known put in for variables; the rest of them stays away.
    fn with_known(&self, raw: &[u8], known: &[Variable]) -> Option<String> {
        let mut value = String::new();
        put_in(&expand::expand(raw, self.file.escape).ok()?, known, &mut value);
        Some(value)
    }
}
