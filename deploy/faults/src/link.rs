//! The fault proxy: a TCP port in front of something, and what can go wrong on the way to it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use crate::Error;

/// What happens to what passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    #[default]
    Fair,
    /// Everything is late by so much.
    Delay(Duration),
    /// So many bytes in a second, each way.
    Throttle(u32),
    /// Nothing gets through, and nobody is told.
    Blackhole,
    /// Questions get through, answers do not.
    HalfOpen,
    /// Connections are reset, old and new.
    Reset,
}

#[derive(Clone, Debug)]
struct State {
    targets: Vec<SocketAddr>,
    weather: Weather,
    /// Connections of an earlier one are cut.
    epoch: u64,
}

/// A port that leads to the first of its targets that can be connected to, in turn.
#[derive(Debug)]
pub struct Link {
    port: u16,
    state: watch::Sender<State>,
    accepted: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

impl Link {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub async fn to(targets: Vec<SocketAddr>) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (state, seen) = watch::channel(State { targets, weather: Weather::Fair, epoch: 0 });
        let accepted = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(listen(listener, seen, Arc::clone(&accepted)));
        Ok(Self { port, state, accepted, _task: AbortOnDropHandle::new(task) })
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather; connections stay, unless it is [`Weather::Reset`].
    pub fn weather(&self, weather: Weather) {
        self.state.send_modify(|state| {
            state.weather = weather;
            state.epoch += u64::from(weather == Weather::Reset);
        });
    }

    /// Resets the connections that there are.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.epoch += 1);
    }

    /// Leads new connections elsewhere.
    pub fn lead_to(&self, targets: Vec<SocketAddr>) {
        self.state.send_if_modified(|state| {
            let changed = state.targets != targets;
            state.targets = targets;
            changed
        });
    }

    /// Returns when there are so many targets.
    pub async fn leads_to(&self, targets: usize) {
        // Cannot fail, as the sender is here.
        let _ = self.state.subscribe().wait_for(|state| state.targets.len() >= targets).await;
    }

    /// Connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn listen(listener: TcpListener, state: watch::Receiver<State>, accepted: Arc<AtomicUsize>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        let turn = accepted.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(carry(stream, state.clone(), turn));
    }
}

async fn carry(client: TcpStream, mut state: watch::Receiver<State>, turn: usize) {
    let (epoch, weather) = {
        let now = state.borrow();
        (now.epoch, now.weather)
    };
    if weather == Weather::Reset {
        let _ = client.set_zero_linger();
        return;
    }
    // In a blackhole a connection is made, as the kernel makes it, and leads nowhere.
    let passes = |state: &State| !matches!(state.weather, Weather::Blackhole) || state.epoch != epoch;
    if state.wait_for(passes).await.is_err() {
        return;
    }
    // Who knocked in vain is not let in together with all the others when the weather turns: nobody waits any more.
    if state.borrow().epoch != epoch {
        let _ = client.set_zero_linger();
        return;
    }
    let targets = state.borrow().targets.clone();
    let Some(server) = connect(&targets, turn).await else {
        let _ = client.set_zero_linger();
        return;
    };
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cut = state.clone();
    let cut = cut.wait_for(|state| state.epoch != epoch);
    let mut there = tokio::spawn(pump(from_client, to_server, state.clone(), Way::There));
    let mut back = tokio::spawn(pump(from_server, to_client, state, Way::Back));
    tokio::select! {
        _ = cut => {
            there.abort();
            back.abort();
        }
        _ = async { let _ = tokio::join!(&mut there, &mut back); } => {}
    }
}

async fn connect(targets: &[SocketAddr], turn: usize) -> Option<TcpStream> {
    for n in 0..targets.len() {
        let target = targets[(turn + n) % targets.len()];
        if let Ok(Ok(stream)) = timeout(Duration::from_secs(2), TcpStream::connect(target)).await {
            return Some(stream);
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

fn gets_through(weather: Weather, way: Way) -> bool {
    match weather {
        Weather::Blackhole => false,
        Weather::HalfOpen => way == Way::There,
        _ => true,
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>, way: Way) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await;
        // What was read before the weather changed has not left yet.
        let Ok(weather) =
            state.wait_for(|state| gets_through(state.weather, way)).await.map(|state| state.weather)
        else {
            return;
        };
        let n = match read {
            Ok(0) => {
                let _ = to.shutdown().await;
                return;
            }
            Ok(n) => n,
            Err(_) => {
                // A reset goes on as a reset.
                let _ = to.as_ref().set_zero_linger();
                return;
            }
        };
        match weather {
            Weather::Delay(by) => sleep(by).await,
            Weather::Throttle(rate) => {
                sleep(Duration::from_secs_f64(n as f64 / f64::from(rate.max(1)))).await
            }
            _ => {}
        }
        if to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn said(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_u8(7).await?;
        stream.read_u8().await
    }

    #[tokio::test]
    async fn weather_comes_and_goes() {
        let link = Link::to(vec![echo().await]).await.unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", link.port())).await.unwrap();
        assert_eq!(said(&mut stream).await.unwrap(), 7);
        for silent in [Weather::Blackhole, Weather::HalfOpen] {
            link.weather(silent);
            let answer = timeout(Duration::from_millis(50), said(&mut stream)).await;
            assert!(answer.is_err(), "{silent:?}");
            link.weather(Weather::Fair);
            assert_eq!(stream.read_u8().await.unwrap(), 7, "what was held back comes after all");
        }
        link.weather(Weather::Reset);
        assert!(said(&mut stream).await.is_err());
        let mut stream = TcpStream::connect(("127.0.0.1", link.port())).await.unwrap();
        assert!(said(&mut stream).await.is_err());
        link.weather(Weather::Fair);
        let mut stream = TcpStream::connect(("127.0.0.1", link.port())).await.unwrap();
        assert_eq!(said(&mut stream).await.unwrap(), 7);
        link.cut();
        assert!(said(&mut stream).await.is_err());
    }

    #[tokio::test]
    async fn a_target_that_is_away_is_passed_over() {
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let link = Link::to(vec![nobody, echo().await]).await.unwrap();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(("127.0.0.1", link.port())).await.unwrap();
            assert_eq!(said(&mut stream).await.unwrap(), 7);
        }
    }
}
