//! `diff`: what it says is so.

mod command;
mod impact;
