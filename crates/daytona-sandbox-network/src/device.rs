//! The device as the forwarder sees it: frames in, frames out.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::buffer;

/// Frames that are handled before other tasks may run.
const BATCH: usize = 64;

pub(crate) struct Device {
    descriptor: AsyncFd<OwnedFd>,
}

impl Device {
    pub(crate) fn new(descriptor: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&descriptor, true)?;
        // SAFETY: the descriptor is owned, never replaced, and only closed with the registration.
        let descriptor = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
        Ok(Self { descriptor })
    }

    /// Waits for frames and passes some of them to `handle`.
    ///
    /// # Errors
    /// When the device is gone.
    pub(crate) async fn receive(&self, mut handle: impl FnMut(&mut [u8])) -> io::Result<()> {
        let mut ready = self.descriptor.readable().await?;
        for _ in 0..BATCH {
            let received = buffer::with(|buffer| {
                let length = match ready.try_io(|device| Ok(rustix::io::read(device, &mut *buffer)?)) {
                    Ok(length) => length?,
                    Err(_would_block) => return Ok::<_, io::Error>(false),
                };
                if let Some(frame) = buffer.get_mut(..length) {
                    handle(frame);
                }
                Ok(true)
            });
            if !received? {
                break;
            }
        }
        Ok(())
    }

    /// Sends a frame to the sandbox. A frame that the kernel does not take is lost,
    /// as on any network.
    pub(crate) fn send(&self, frame: &[u8]) {
        if let Err(error) = rustix::io::write(&self.descriptor, frame) {
            tracing::trace!(%error, length = frame.len(), "a frame was lost");
        }
    }
}
