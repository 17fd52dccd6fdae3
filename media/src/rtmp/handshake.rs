//! The handshake: three blocks each way, plain or signed.
//!
//! The signed form came with Flash Player 9. No encoder needs it today, a few still send it and
//! check the answer. The signatures are no security: both keys are public constants.

use super::SessionError;
use crate::cursor::Cursor;
use bytes::{BufMut, BytesMut};
use sha2::{Digest as _, Sha256};

/// The version byte in front of the first block.
const VERSION: u8 = 3;
/// Bytes of each block after the version byte.
const BLOCK: usize = 1_536;
const DIGEST: usize = 32;
const PLAYER_KEY: &[u8] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8] = b"Genuine Adobe Flash Media Server 001";
/// Follows [`SERVER_KEY`] where the answer to a signature is signed.
const SERVER_KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57,
    0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
/// What a signing server calls itself: Flash Media Server 4.5.0.1.
const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];

/// The handshake as one side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// A server waits for the version and the client's block.
    ServerFirst,
    /// A server waits for the echo of its own block.
    ServerEcho,
    /// A client waits for version, block and echo of the server.
    Client,
    /// Chunks follow.
    Done,
}

impl Handshake {
    /// What a client sends first.
    pub(crate) fn begin_client(output: &mut BytesMut) -> Self {
        output.put_u8(VERSION);
        output.put_bytes(0, 8);
        put_filler(BLOCK - 8, output);
        Self::Client
    }

    /// Goes one step with the bytes at hand; returns how many it took, `None` while too few.
    pub(crate) fn step(
        &mut self,
        input: &[u8],
        output: &mut BytesMut,
    ) -> Result<Option<usize>, SessionError> {
        let mut cursor = Cursor::new(input);
        if matches!(self, Self::ServerFirst | Self::Client) {
            match cursor.u8() {
                None => return Ok(None),
                Some(VERSION) => {}
                Some(other) => return Err(SessionError::Version(other)),
            }
        }
        let Some(block) = cursor.array::<BLOCK>() else { return Ok(None) };
        *self = match self {
            Self::ServerFirst => {
                output.put_u8(VERSION);
                match signature(&block, PLAYER_KEY) {
                    Some(found) => answer_signed(&found, output),
                    None => answer_plain(&block, output),
                }
                Self::ServerEcho
            }
            Self::Client => {
                if cursor.take(BLOCK).is_none() {
                    return Ok(None);
                }
                output.put_slice(&block);
                Self::Done
            }
            Self::ServerEcho | Self::Done => Self::Done,
        };
        Ok(Some(input.len() - cursor.rest().len()))
    }
}

fn answer_plain(block: &[u8; BLOCK], output: &mut BytesMut) {
    output.put_bytes(0, 8);
    put_filler(BLOCK - 8, output);
    output.put_slice(block);
}

/// Our block, signed at the same place as the client's, then the answer to its signature.
fn answer_signed(found: &Signature, output: &mut BytesMut) {
    let mut block = BytesMut::with_capacity(BLOCK);
    block.put_u32(0);
    block.put_slice(&SERVER_VERSION);
    put_filler(BLOCK - 8, &mut block);
    if let Some(place) = place(&block, found.base) {
        let digest = sign(SERVER_KEY, &[place.before, place.after]);
        output.put_slice(place.before);
        output.put_slice(&digest);
        output.put_slice(place.after);
    }
    let mut answer = BytesMut::with_capacity(BLOCK - DIGEST);
    put_filler(BLOCK - DIGEST, &mut answer);
    let server_key = [SERVER_KEY, &SERVER_KEY_TAIL].concat();
    let digest = sign(&sign(&server_key, &[&found.digest]), &[&answer]);
    output.put_slice(&answer);
    output.put_slice(&digest);
}

/// A signature found in a block.
struct Signature {
    base: usize,
    digest: [u8; DIGEST],
}

/// The bytes around the place of a signature, and what stands there.
struct Place<'a> {
    before: &'a [u8],
    digest: [u8; DIGEST],
    after: &'a [u8],
}

/// Looks for a valid signature in both places where one can be.
fn signature(block: &[u8; BLOCK], key: &[u8]) -> Option<Signature> {
    const BASES: [usize; 2] = [772, 8];
    BASES.into_iter().find_map(|base| {
        let place = place(block, base)?;
        let valid = sign(key, &[place.before, place.after]) == place.digest;
        valid.then_some(Signature { base, digest: place.digest })
    })
}

/// Four bytes at `base` say where the signature stands in the 764 bytes from there.
fn place(block: &[u8], base: usize) -> Option<Place<'_>> {
    const SPAN: usize = 764 - DIGEST - 4;
    let offsets: [u8; 4] = Cursor::new(block.get(base..)?).array()?;
    let offset = offsets.into_iter().map(usize::from).sum::<usize>() % SPAN;
    let (before, rest) = block.split_at_checked(base + 4 + offset)?;
    let (digest, after) = rest.split_first_chunk::<DIGEST>()?;
    Some(Place { before, digest: *digest, after })
}

/// HMAC-SHA256 (RFC 2104) of the pieces in their order.
fn sign(key: &[u8], pieces: &[&[u8]]) -> [u8; DIGEST] {
    const SHA256_BLOCK: usize = 64;
    let mut padded = [0; SHA256_BLOCK];
    let hashed = <[u8; DIGEST]>::from(Sha256::digest(key));
    let key = if key.len() > SHA256_BLOCK { &hashed } else { key };
    padded.iter_mut().zip(key).for_each(|(padded, byte)| *padded = *byte);
    let mut inner = Sha256::new_with_prefix(padded.map(|byte| byte ^ 0x36));
    for piece in pieces {
        inner.update(piece);
    }
    Sha256::new_with_prefix(padded.map(|byte| byte ^ 0x5c))
        .chain_update(inner.finalize())
        .finalize()
        .into()
}

/// Bytes where the protocol asks for random ones. They only have to differ from each other; a
/// fixed sequence keeps the session a function of its input.
fn put_filler(count: usize, output: &mut BytesMut) {
    let mut state = 0x9e37_79b9_u32;
    for _ in 0..count {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        output.put_u8(state.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(first: &[u8]) -> BytesMut {
        let mut handshake = Handshake::ServerFirst;
        let mut output = BytesMut::new();
        assert_eq!(handshake.step(first, &mut output), Ok(Some(1 + BLOCK)));
        assert_eq!(handshake, Handshake::ServerEcho);
        output
    }

    #[test]
    fn the_signature_is_hmac_sha256() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let digest = sign(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(digest.map(|byte| format!("{byte:02x}")).concat(), expected);
        // RFC 4231, test case 6: a key longer than the block.
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        let digest =
            sign(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(digest.map(|byte| format!("{byte:02x}")).concat(), expected);
    }

    #[test]
    fn a_plain_block_is_echoed() {
        let mut first = vec![VERSION];
        first.extend((0..BLOCK).map(|index| u8::try_from(index % 251).unwrap()));
        let output = answer(&first);
        assert_eq!(output.len(), 1 + 2 * BLOCK);
        assert_eq!(output[0], VERSION);
        assert_eq!(output[1 + BLOCK..], first[1..]);
    }

    #[test]
    fn a_signed_block_gets_a_signed_answer_in_both_schemes() {
        for base in [8, 772] {
            let block: Vec<u8> = (0..BLOCK).map(|at| u8::try_from(at * 7 % 256).unwrap()).collect();
            let place = place(&block, base).unwrap();
            let digest = sign(PLAYER_KEY, &[place.before, place.after]);
            let first = [&[VERSION], place.before, &digest, place.after].concat();
            let output = answer(&first);
            let ours: [u8; BLOCK] = output[1..=BLOCK].try_into().unwrap();
            assert_eq!(signature(&ours, SERVER_KEY).unwrap().base, base);
            let (answer, signed) = output[1 + BLOCK..].split_at(BLOCK - DIGEST);
            let key = sign(&[SERVER_KEY, &SERVER_KEY_TAIL].concat(), &[&digest]);
            assert_eq!(sign(&key, &[answer]), signed);
        }
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let mut output = BytesMut::new();
        let refused = Handshake::ServerFirst.step(b"GET / HTTP/1.1\r\n", &mut output);
        assert_eq!(refused, Err(SessionError::Version(b'G')));
        assert!(output.is_empty());
    }

    #[test]
    fn a_client_echoes_the_block_of_the_server() {
        let mut first = BytesMut::new();
        let mut client = Handshake::begin_client(&mut first);
        let reply = answer(&first);
        let mut echo = BytesMut::new();
        assert_eq!(client.step(&reply[..reply.len() - 1], &mut echo), Ok(None));
        assert_eq!(client.step(&reply, &mut echo), Ok(Some(1 + 2 * BLOCK)));
        assert_eq!(client, Handshake::Done);
        assert_eq!(echo, reply[1..=BLOCK]);
    }
}
