#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clp_gen::corpus::read(bytes));
