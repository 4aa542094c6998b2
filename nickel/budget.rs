//! Bounds for evaluation: the virtual machine has none of its own.
//!
//! The evaluation cache is the one fallible hook in its main loop, so the stock cache is wrapped
//! and refuses further work when a budget is spent. Nickel reports that as an infinite recursion
//! with a position, which [`crate::blame`] renames.

use std::time::Instant;

use nickel_lang_core::eval::Closure;
use nickel_lang_core::eval::cache::{BlackholedError, Cache, CacheImpl, CacheIndex};
use nickel_lang_core::eval::value::NickelValue;
use nickel_lang_core::identifier::Ident;
use nickel_lang_core::term::BindingType;
use nickel_lang_core::term::record::FieldDeps;

/// How much an evaluation may use before it is ended.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Thunks entered. A deployment of 1,000 services takes 1.3 million.
    pub max_steps: u64,
    /// Thunks allocated, at about 550 bytes each.
    pub max_allocations: u64,
    /// When to give up in any case.
    pub deadline: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { max_steps: 50_000_000, max_allocations: 2_000_000, deadline: None }
    }
}

/// The stock call-by-need cache, which counts.
#[derive(Clone)]
pub(crate) struct BudgetCache {
    inner: CacheImpl,
    pub(crate) budget: Budget,
    steps: u64,
    allocations: u64,
    spent: bool,
}

impl BudgetCache {
    /// Whether the budget ended an evaluation.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    fn tick(&mut self) -> Result<(), BlackholedError> {
        self.steps += 1;
        let late = || self.budget.deadline.is_some_and(|deadline| Instant::now() > deadline);
        self.spent = self.spent
            || self.steps > self.budget.max_steps
            || self.allocations > self.budget.max_allocations
            || (self.steps & 0x3ff == 0 && late());
        if self.spent { Err(BlackholedError) } else { Ok(()) }
    }
}

impl Cache for BudgetCache {
    type UpdateIndex = <CacheImpl as Cache>::UpdateIndex;

    fn get(&self, index: CacheIndex) -> Closure {
        self.inner.get(index)
    }

    fn get_update_index(
        &mut self,
        index: &mut CacheIndex,
    ) -> Result<Option<Self::UpdateIndex>, BlackholedError> {
        self.tick()?;
        self.inner.get_update_index(index)
    }

    fn add(&mut self, closure: Closure, binding: BindingType) -> CacheIndex {
        self.allocations += 1;
        self.inner.add(closure, binding)
    }

    fn patch<F: Fn(&mut Closure)>(&mut self, index: CacheIndex, f: F) {
        self.inner.patch(index, f);
    }

    fn get_then<T, F: FnOnce(&Closure) -> T>(&self, index: CacheIndex, f: F) -> T {
        self.inner.get_then(index, f)
    }

    fn update(&mut self, closure: Closure, index: Self::UpdateIndex) {
        self.inner.update(closure, index);
    }

    fn new() -> Self {
        Self {
            inner: CacheImpl::new(),
            budget: Budget::default(),
            steps: 0,
            allocations: 0,
            spent: false,
        }
    }

    fn reset_index_state(&mut self, index: &mut Self::UpdateIndex) {
        self.inner.reset_index_state(index);
    }

    fn build_cached(&mut self, index: &mut CacheIndex, environment: &[(Ident, CacheIndex)]) {
        self.inner.build_cached(index, environment);
    }

    fn saturate<I: DoubleEndedIterator<Item = Ident> + Clone>(
        &mut self,
        index: CacheIndex,
        fields: I,
    ) -> NickelValue {
        self.inner.saturate(index, fields)
    }

    fn revert(&mut self, index: &CacheIndex) -> CacheIndex {
        self.inner.revert(index)
    }

    fn deps(&self, index: &CacheIndex) -> Option<FieldDeps> {
        self.inner.deps(index)
    }

    fn make_update_index(
        &mut self,
        index: &mut CacheIndex,
    ) -> Result<Self::UpdateIndex, BlackholedError> {
        self.inner.make_update_index(index)
    }
}
