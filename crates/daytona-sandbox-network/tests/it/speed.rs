//! How fast it is. The figures are printed; the tests fail only when a transfer does
//! not arrive, or is far slower than any network.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use daytona_sandbox_network::tun::{self, Options};

use crate::support::{Machine, Sandbox, allow_host, at, gateway, on_host};

const BLOCK: usize = 1 << 18;
const SIZE: usize = 1 << 30;

fn send(mut stream: TcpStream) {
    let block = vec![7; BLOCK];
    for _ in 0..SIZE / BLOCK {
        stream.write_all(&block).unwrap();
    }
}

fn receive(mut stream: TcpStream) {
    let (mut block, mut total) = (vec![0; BLOCK], 0);
    while let Ok(length @ 1..) = stream.read(&mut block) {
        total += length;
    }
    assert_eq!(total, SIZE);
}

/// Transfers in one direction, and returns the rate in MB/s.
async fn transfer(client: &Machine, address: SocketAddr, listener: &TcpListener, is_upload: bool) -> f64 {
    let listener = listener.try_clone().unwrap();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        if is_upload { receive(stream) } else { send(stream) }
    });
    let start = Instant::now();
    client
        .run(move || {
            let stream = TcpStream::connect(address).unwrap();
            if is_upload { send(stream) } else { receive(stream) }
        })
        .await;
    tokio::task::spawn_blocking(move || server.join().unwrap()).await.unwrap();
    SIZE as f64 / 1e6 / start.elapsed().as_secs_f64()
}

#[test]
fn a_gigabyte_arrives_in_each_direction() {
    on_host(async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sandbox = Sandbox::start(allow_host()).await;
        for (name, is_upload) in [("upload", true), ("download", false)] {
            let inside = transfer(&sandbox.machine, gateway(port), &listener, is_upload).await;
            println!("{name}: {inside:.0} MB/s through the network of a sandbox");
            assert!(inside > 20.0);
        }
        // The same on the loopback interface of one machine.
        let host = Machine::start();
        let listener = host.run(|| TcpListener::bind("127.0.0.1:0").unwrap()).await;
        let port = listener.local_addr().unwrap().port();
        for (name, is_upload) in [("upload", true), ("download", false)] {
            let direct = transfer(&host, at([127, 0, 0, 1], port), &listener, is_upload).await;
            println!("{name}: {direct:.0} MB/s on a loopback interface");
        }
    });
}

#[test]
fn the_device_is_made_in_milliseconds() {
    on_host(async || {
        let mut times = Vec::new();
        for _ in 0..50 {
            let machine = Machine::start();
            let (link, time) = machine
                .run(|| {
                    let start = Instant::now();
                    (tun::create(Options::default()).unwrap(), start.elapsed())
                })
                .await;
            drop(link);
            times.push(time);
        }
        times.sort();
        println!(
            "the device is made in {:?} (median), {:?} (slowest of {})",
            times[25],
            times[49],
            times.len()
        );
        assert!(times[25] < Duration::from_millis(50));
    });
}
