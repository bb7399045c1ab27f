//! What other gateways publish: one channel, listened to on a connection of its own.
//!
//! Redis forgets what nobody hears. After every connect the listener gets a [`Message::Gap`] first: it may have
//! missed something before, and has to act as if it had.

use super::backoff;
use futures::StreamExt;
use redis::RedisResult;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Messages that wait for the listener; a slower one makes the server wait, which ends the connection when it
/// lasts, and that is a gap again.
const QUEUE: usize = 1_024;

/// Something that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Listening begins; what was said before was not heard.
    Gap,
    /// What somebody published.
    Payload(Vec<u8>),
}

/// Listens until the receiver is dropped.
pub(super) fn listen(client: redis::Client, channel: String, connect_timeout: Duration) -> mpsc::Receiver<Message> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut pause = backoff();
        loop {
            tokio::select! {
                () = sender.closed() => return,
                heard = hear(&client, &channel, connect_timeout, &sender) => {
                    if let Err(error) = heard {
                        tracing::debug!(reason = error.category(), "nothing is heard from Redis");
                    } else {
                        pause.reset();
                    }
                }
            }
            tokio::select! {
                () = sender.closed() => return,
                () = pause.wait() => {}
            }
        }
    });
    receiver
}

/// One connection's worth; good when it was listened to at all.
async fn hear(
    client: &redis::Client,
    channel: &str,
    connect_timeout: Duration,
    sender: &mpsc::Sender<Message>,
) -> RedisResult<()> {
    let late = || std::io::Error::from(std::io::ErrorKind::TimedOut);
    let begin = async {
        let mut listening = client.get_async_pubsub().await?;
        listening.subscribe(channel).await?;
        RedisResult::Ok(listening)
    };
    let mut messages = timeout(connect_timeout, begin).await.map_err(|_| late())??.into_on_message();
    if sender.send(Message::Gap).await.is_err() {
        return Ok(());
    }
    while let Some(message) = messages.next().await {
        if sender.send(Message::Payload(message.get_payload_bytes().to_vec())).await.is_err() {
            break;
        }
    }
    Ok(())
}
