//! The five ports of a house.
//!
//! Apart because a port has to be known before its program starts: the website names the proxy, and the proxy's
//! forms name the website.

use anyhow::{Result, bail};
use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Free ports are looked for here: below the range from which systems take the ports of outgoing connections. A
/// client that knocks again and again on a closed port of that range ends up connected to itself.
const FREE: std::ops::Range<u16> = 20_000..30_000;

/// One port for each listener, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) proxy: u16,
    pub(crate) operator: u16,
    pub(crate) website: u16,
    pub(crate) simulator: u16,
    pub(crate) crm: u16,
}

/// The demo's, as written in its configuration and its forms.
pub(crate) const WRITTEN: Ports =
    Ports { proxy: 8080, operator: 9090, website: 8090, simulator: 9101, crm: 8091 };

impl Ports {
    /// Five ports in a row.
    pub(crate) fn from_base(base: u16) -> Result<Self> {
        let [Some(operator), Some(website), Some(simulator), Some(crm)] =
            [1, 2, 3, 4].map(|more| base.checked_add(more))
        else {
            bail!(
                "found --port-base {base}, expected at most {}: five ports in a row are taken",
                u16::MAX - 4
            )
        };
        if base < 1024 {
            bail!("found --port-base {base}, expected 1024 or more: lower ports belong to the system");
        }
        Ok(Self { proxy: base, operator, website, simulator, crm })
    }

    /// Five ports that nobody listens on now, looked for from a place of this process's own, and each time from further on:
    /// nobody listens yet on those that it has found before.
    pub(crate) fn free() -> Result<Self> {
        static FOUND: AtomicUsize = AtomicUsize::new(0);
        let span = usize::from(FREE.end - FREE.start);
        let start = (std::process::id() as usize * 37 + FOUND.fetch_add(1, Ordering::Relaxed) * 16) % span;
        let mut free = FREE.cycle().skip(start).take(span).filter(|port| is_free(*port));
        let (Some(proxy), Some(operator), Some(website), Some(simulator), Some(crm)) =
            (free.next(), free.next(), free.next(), free.next(), free.next())
        else {
            bail!("found no five free ports on 127.0.0.1 between {} and {}", FREE.start, FREE.end)
        };
        Ok(Self { proxy, operator, website, simulator, crm })
    }

    /// Names every port that somebody listens on already, and five that nobody does.
    pub(crate) fn check_free(&self) -> Result<()> {
        let busy = self.busy();
        if busy.is_empty() {
            return Ok(());
        }
        let mut others = (18_080..u16::MAX - 4).step_by(1_000).filter_map(|base| Self::from_base(base).ok());
        let way_out = match others.find(|ports| ports.busy().is_empty()) {
            Some(ports) => format!(", or take other ports: `cargo xtask demo --port-base {}`", ports.proxy),
            None => String::new(),
        };
        bail!("{}. End what listens there (another demo?){way_out}", busy.join("; "))
    }

    fn busy(&self) -> Vec<String> {
        let all = [
            (self.proxy, "the proxy"),
            (self.operator, "the proxy's operator pages"),
            (self.website, "the partner website"),
            (self.simulator, "the simulators"),
            (self.crm, "the CRM"),
        ];
        let busy = all.iter().filter(|(port, _)| !is_free(*port));
        busy.map(|(port, whose)| format!("port {port} of 127.0.0.1 is in use, wanted for {whose}")).collect()
    }

    /// The text with every address of the demo moved to these ports.
    pub(crate) fn moved(&self, text: &str) -> String {
        let pairs = [
            (WRITTEN.proxy, self.proxy),
            (WRITTEN.operator, self.operator),
            (WRITTEN.website, self.website),
            (WRITTEN.simulator, self.simulator),
            (WRITTEN.crm, self.crm),
        ];
        // Through a mark: a new port may be another's old one.
        let marked = pairs.iter().enumerate().fold(text.to_owned(), |text, (at, (old, _))| {
            ["127.0.0.1", "localhost"]
                .iter()
                .fold(text, |text, host| text.replace(&format!("{host}:{old}"), &format!("{host}:<{at}>")))
        });
        pairs
            .iter()
            .enumerate()
            .fold(marked, |text, (at, (_, new))| text.replace(&format!(":<{at}>"), &format!(":{new}")))
    }

    pub(crate) fn proxy_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.proxy)
    }

    pub(crate) fn ready_url(&self) -> String {
        format!("http://127.0.0.1:{}/readyz", self.operator)
    }

    pub(crate) fn operator_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.operator)
    }

    pub(crate) fn website_url(&self) -> String {
        format!("http://{}", self.website_address())
    }

    pub(crate) fn website_address(&self) -> String {
        format!("127.0.0.1:{}", self.website)
    }

    pub(crate) fn crm_url(&self) -> String {
        format!("http://{}", self.crm_address())
    }

    pub(crate) fn crm_address(&self) -> String {
        format!("127.0.0.1:{}", self.crm)
    }

    pub(crate) fn simulator_url(&self) -> String {
        format!("http://{}", self.simulator_address())
    }

    pub(crate) fn simulator_address(&self) -> String {
        format!("127.0.0.1:{}", self.simulator)
    }
}

/// Whether a listener could have the port, with the same options as the programs' own.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_port_is_named_with_a_way_out() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let ports = Ports { website: port, ..Ports::free().unwrap() };
        let error = ports.check_free().unwrap_err().to_string();
        let named = format!("port {port} of 127.0.0.1 is in use, wanted for the partner website");
        assert!(error.starts_with(&named) && error.contains("--port-base"), "{error}");
    }

    #[test]
    fn free_ports_are_five_and_free() {
        let ports = Ports::free().unwrap();
        let mut all = [ports.proxy, ports.operator, ports.website, ports.simulator, ports.crm];
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
        ports.check_free().unwrap();
    }

    #[test]
    fn every_address_moves_even_onto_anothers_old_port() {
        let ports = Ports { proxy: 9090, operator: 8080, website: 8091, simulator: 9101, crm: 8090 };
        let text = "127.0.0.1:8080 127.0.0.1:9090 http://localhost:8090/ 127.0.0.1:9101/x 10.0.0.1:8080 127.0.0.1:8091";
        assert_eq!(
            ports.moved(text),
            "127.0.0.1:9090 127.0.0.1:8080 http://localhost:8091/ 127.0.0.1:9101/x 10.0.0.1:8080 127.0.0.1:8090"
        );
    }

    #[test]
    fn port_base_leaves_room_for_five_and_stays_out_of_the_systems() {
        assert_eq!(Ports::from_base(18080).unwrap().simulator, 18083);
        assert!(Ports::from_base(65532).is_err());
        assert!(Ports::from_base(80).is_err());
    }
}
