//! Names of services against those that there are.

use super::{Config, fault::nearest};
use crate::error::{Code, Error, Result};

/// A service's name as environment variables have it, but in small letters.
pub(super) fn flattened(name: &str) -> String {
    name.to_lowercase().replace('.', "_").replace('*', "all")
}

impl Config {
    /// Gives the services that only the environment names the full names of those in `known`, and warns of entries that are
    /// about none of them.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] for names from the environment that no service has.
    pub fn name_services(&mut self, known: &[&str]) -> Result<()> {
        let services = &mut self.services.services;
        let mut faults = Vec::new();
        for name in services.keys().cloned().collect::<Vec<_>>() {
            if known.iter().any(|service| covers(&name, service)) {
                continue;
            }
            if name.contains(['.', '*']) {
                let meant = nearest(&name, known.iter().copied());
                tracing::warn!(
                    service = name,
                    meant,
                    "no field is answered by a service of this name"
                );
                continue;
            }
            match patterns(known).find(|pattern| flattened(pattern) == name) {
                Some(pattern) => {
                    let entry = services.remove(&name).unwrap_or_default();
                    services.entry(pattern).or_insert(entry);
                }
                None => faults.push(format!(
                    "services.{name}: no service of the contract has this name; there are `{}`",
                    known.join("`, `")
                )),
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::FailedPrecondition, faults.join("\n")))
    }
}

/// Whether an entry is about a service.
fn covers(entry: &str, service: &str) -> bool {
    let in_package =
        |package| service.strip_prefix(package).is_some_and(|rest: &str| rest.starts_with('.'));
    entry == "*" || entry == service || entry.strip_suffix(".*").is_some_and(in_package)
}

/// All that an entry may be about.
fn patterns(known: &[&str]) -> impl Iterator<Item = String> {
    let packages = known.iter().flat_map(|service| {
        let ends = service.match_indices('.').map(|(end, _)| end);
        ends.map(|end| format!("{}.*", &service[..end]))
    });
    known.iter().copied().map(str::to_owned).chain(packages).chain(["*".to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["shop.v1.Prices", "shop.stock.v1.Stock"];

    fn named(variables: &[&str]) -> Result<Vec<String>> {
        let variables = variables.iter().map(|name| {
            (format!("ANABRANCH_SERVICES__{name}__ENDPOINTS"), "http://a:1".to_owned())
        });
        let mut config = Config::parse("", "", variables)?;
        config.name_services(&KNOWN)?;
        Ok(config.services.services.into_keys().collect())
    }

    #[test]
    fn the_environment_alone_names_services_packages_and_all() {
        assert_eq!(named(&["SHOP_V1_PRICES"]).unwrap(), ["shop.v1.Prices"]);
        assert_eq!(named(&["SHOP_STOCK_ALL"]).unwrap(), ["shop.stock.*"]);
        assert_eq!(named(&["ALL", "SHOP_STOCK_V1_STOCK"]).unwrap(), ["*", "shop.stock.v1.Stock"]);
    }

    #[test]
    fn a_name_that_no_service_has_is_a_fault_with_those_that_there_are() {
        let error = named(&["SHOP_V1_PRICE", "NOBODY"]).unwrap_err();
        let there_are = "no service of the contract has this name; there are `shop.v1.Prices`, `shop.stock.v1.Stock`";
        assert_eq!(
            error.message(),
            format!("services.nobody: {there_are}\nservices.shop_v1_price: {there_are}")
        );
    }
}
