//! `diff`: what it says is so.

mod command;
mod engine;
mod impact;
mod workflow;
