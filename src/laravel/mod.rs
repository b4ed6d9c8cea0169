//! The sessions and encrypted cookies of Laravel.

mod app_key;
mod encrypter;
mod encrypter_key;
mod laravel_cipher;
mod payload;
mod php_base64;

pub use app_key::AppKey;
pub use encrypter::Encrypter;
pub use laravel_cipher::LaravelCipher;
