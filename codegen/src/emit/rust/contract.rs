//! The contract as a value of the program.

use proc_macro2::TokenStream;
use quote::quote;

use super::CONTRACT_FILE;

pub(super) fn contract() -> TokenStream {
    quote! {
        /// The contract that this program was compiled with.
        #[must_use]
        pub fn contract() -> EmbeddedContract {
            EmbeddedContract
        }

        /// What [`contract`] gives.
        #[derive(Clone, Copy, Debug)]
        pub struct EmbeddedContract;

        impl ::anabranch::resolver::Embedded for EmbeddedContract {
            fn bytes(&self) -> &'static [u8] {
                include_bytes!(#CONTRACT_FILE)
            }
        }
    }
}
