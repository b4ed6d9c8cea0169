#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hardtack_fuzz::check("signed_rails_3", data));
