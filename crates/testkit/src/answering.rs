//! The other side of a client under test: an HTTP server of one closure.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Octets that are read at once.
const READ_BYTES: usize = 4_096;

/// Answers on a free port of this machine: `answer` gets the head of each
/// request and gives the status line and the JSON.
///
/// # Panics
/// When there is no free port.
pub async fn answering(answer: impl Fn(&str) -> (&'static str, String) + Send + Sync + 'static) -> SocketAddr {
    answering_to(move |head, _| answer(head)).await
}

/// The same for requests that say something: `answer` gets head and body. An empty
/// status line ends the connection without an answer.
///
/// # Panics
/// When there is no free port.
pub async fn answering_to(answer: impl Fn(&str, &str) -> (&'static str, String) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let Some((head, body)) = request(&mut stream).await else { return };
                let (status, body) = answer(&head, &body);
                if status.is_empty() {
                    return;
                }
                let text = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                // A client that went away is its own test's business.
                drop(stream.write_all(text.as_bytes()).await);
            });
        }
    });
    address
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length =
        text.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    while bytes.len() < head + length.unwrap_or(0) {
        more(stream, &mut bytes).await?;
    }
    Some((text, String::from_utf8_lossy(&bytes[head..]).into_owned()))
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut read = [0; READ_BYTES];
    match stream.read(&mut read).await {
        Ok(0) | Err(_) => None,
        Ok(count) => {
            bytes.extend_from_slice(&read[..count]);
            Some(())
        }
    }
}
