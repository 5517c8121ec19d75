//! Speaking to addresses that somebody wrote down for us: never to a machine of the own network, unless that is wished.
//!
//! A name is looked up once, all addresses that it has are judged, and the connection goes to one of those and to nothing
//! else: whoever changes the name in between gains nothing. Proxies of the environment are passed over, since they would
//! look the name up again. What counts as private follows IANA's registries of special-purpose addresses
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>, `iana-ipv6-special-registry`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Url, redirect};

use super::tls;

/// How long a name is looked up.
const LOOKUP: Duration = Duration::from_secs(5);

/// Why a server is not spoken to. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barred {
    /// This address is not one of the public internet.
    Private(IpAddr),
    /// The name has no address now, and what the system says.
    Unknown(String),
}

/// Where the server of an address is found, every one of them public, unless `private` ones are wished too.
///
/// # Errors
/// The name is not known, or one of its addresses is private.
pub async fn door(url: &Url, private: bool) -> Result<Vec<SocketAddr>, Barred> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    // An address in digits, in whatever form it was written, is in its usual form by now.
    let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => match tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host, port))).await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => return Err(Barred::Unknown(super::one_line(&error.to_string()))),
            Err(_) => return Err(Barred::Unknown("the lookup takes too long".into())),
        },
    };
    judged(found, private)
}

/// The addresses, if all of them may be spoken to.
fn judged(found: Vec<SocketAddr>, private: bool) -> Result<Vec<SocketAddr>, Barred> {
    if found.is_empty() {
        return Err(Barred::Unknown("it has no address".into()));
    }
    match found.iter().map(SocketAddr::ip).find(|address| !private && !is_public(*address)) {
        Some(address) => Err(Barred::Private(address)),
        None => Ok(found),
    }
}

/// A client that calls as `agent`, waits no longer than `patience` for an answer, follows no redirection, and connects to
/// these addresses whatever name it is asked for. An address in digits it connects to as it is: judge it with [`door`].
///
/// # Errors
/// The machine has no CA certificates.
pub fn client_to(doors: Vec<SocketAddr>, agent: &str, patience: Duration) -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().redirect(redirect::Policy::none()).user_agent(agent).no_proxy();
    let builder = builder.timeout(patience).dns_resolver(Arc::new(Fixed(doors)));
    builder.tls_backend_preconfigured(tls()?).build().context("the HTTP client cannot be made")
}

/// Answers the same addresses to every name.
struct Fixed(Vec<SocketAddr>);

impl Resolve for Fixed {
    fn resolve(&self, _: Name) -> Resolving {
        let doors: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(doors)))
    }
}

/// Whether an address is one of the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        // This network; private use; the machine itself; multicast, reserved and broadcast.
        [0 | 10 | 127 | 224..=255, ..]
            // Shared by carriers.
            | [100, 64..=127, ..]
            // Link-local, with the metadata of most clouds; those of one cloud that has them elsewhere.
            | [169, 254, ..]
            | [168, 63, 129, 16]
            // Private use.
            | [172, 16..=31, ..]
            | [192, 168, ..]
            // Protocol assignments; documentation; relays of 6to4; benchmarks; documentation.
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([first, second], [third, fourth]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(first, second, third, fourth))
    };
    match address.segments() {
        // An address of IPv4 written as one of IPv6, behind NAT64, or reached by 6to4 is judged as such.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            embedded(high, low)
        }
        // Protocol assignments, Teredo among them; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Of the rest only global unicast: neither the machine itself, nor private use, links, sites and groups.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn at(text: &str) -> SocketAddr {
        SocketAddr::new(address(text), 443)
    }

    #[test]
    fn what_is_not_of_the_public_internet_is_private() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address(text)), "{text}");
        }
    }

    #[test]
    fn what_lies_next_to_private_addresses_is_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "168.63.129.17",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:4860:4860::8888",
            "2002:101:101::1",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(address(text)), "{text}");
        }
    }

    #[test]
    fn a_name_with_one_private_address_among_others_is_barred() {
        let mixed = vec![at("1.1.1.1"), at("10.0.0.5")];
        assert_eq!(judged(mixed.clone(), false), Err(Barred::Private(address("10.0.0.5"))));
        assert_eq!(judged(mixed.clone(), true), Ok(mixed));
        assert_eq!(judged(vec![at("1.1.1.1")], false), Ok(vec![at("1.1.1.1")]));
        assert!(matches!(judged(Vec::new(), true), Err(Barred::Unknown(_))));
    }

    #[tokio::test]
    async fn an_address_in_digits_is_judged_however_it_is_written() {
        for text in [
            "https://127.0.0.1/x",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[0:0:0:0:0:ffff:7f00:1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://0/",
            "https://１２７.0.0.1/",
            "https://localhost/",
        ] {
            let url = Url::parse(text).unwrap();
            assert!(matches!(door(&url, false).await, Err(Barred::Private(_))), "{text}");
            assert!(door(&url, true).await.is_ok(), "{text}");
        }
        let url = Url::parse("https://1.1.1.1:8443/").unwrap();
        assert_eq!(door(&url, false).await, Ok(vec!["1.1.1.1:8443".parse().unwrap()]));
    }

    #[tokio::test]
    async fn the_connection_goes_to_the_address_that_was_judged_and_the_name_is_not_looked_up_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = client_to(vec![listener.local_addr().unwrap()], "maintbot", Duration::from_secs(20)).unwrap();
        // Nobody has this name.
        let asked = client.get(format!("http://nobody.invalid:{port}/")).send();
        let served = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1_024];
            let read = tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&request[..read]).to_lowercase()
        };
        let (answer, request) = tokio::join!(asked, served);
        assert_eq!(answer.unwrap().status(), 204);
        assert!(request.contains(&format!("host: nobody.invalid:{port}")), "{request}");
    }
}
