# The studio.
studio-waiting = Waiting for your encoder
studio-interrupted = INTERRUPTED
studio-end = End broadcast…
studio-nobody = Nobody can see this yet
studio-nav-broadcast = Broadcast
studio-nav-page = Channel page
studio-signed-out-title = This studio belongs to someone
studio-signed-out-text = Open the one-time link that the server printed when it started. It is valid for 30 minutes; a restart prints a new one.
studio-first-title = Your first channel
studio-first-text = A channel has a title and a short name that stands in its address.
studio-first-make = Make the channel
studio-no-picture = No picture yet
studio-no-picture-text = The first frame shows here
studio-viewers-see = What viewers see
studio-lost = Your encoder is gone. Viewers see “back soon” for { $time } more. Start it again with the same key: the broadcast goes on.
step-connect = Connect
step-receiving = Receiving
step-live = Live
encoder-title = Connect your encoder
encoder-lead = Press Start streaming in OBS. This page turns into the broadcast by itself.
encoder-server = Server
encoder-secure = Server, encrypted
encoder-key = Stream key
encoder-steps = Show me the steps
encoder-step-1 = In OBS open Settings → Stream and choose Custom.
encoder-step-2 = Paste the server and the stream key.
encoder-step-3 = Under Output → Streaming set CBR, a keyframe interval of 2 s, and x264 or NVENC.
encoder-step-4 = Press Start streaming. Or send our own test picture:
key-label = Studio
key-new = Make a key
key-none = You have no key yet.
key-unused = You have a key that was never used. A key is shown once; lost ones are made anew.
key-used = Last used { $ago }. A key is shown once; lost ones are made anew.
key-once = Copy it now: it is not shown again.
key-show = Show the whole key
key-failed = The key was not made. Try again.
settings-good = Settings that keep viewers close to live
good-rate = Rate control, bitrate
good-rate-value = CBR, 6,000 kbit/s
good-keyframes = Keyframe interval
good-keyframes-value = 2 s
good-profile = Encoder, profile
good-profile-value = x264 or NVENC, High
good-tune = B-frames, tune
good-tune-value = 2 at most, zero latency
good-audio = Audio
good-audio-value = AAC, 48 kHz stereo, 160 kbit/s
origin-sees = What the origin sees
origin-log = live log
log-nothing = Nothing has arrived with a key of this channel yet.
log-waiting = Waiting for your encoder.
log-accepted = A publisher came with a valid key.
log-resumed = The publisher is back; the broadcast goes on.
log-publisher-connected = A publisher came with a valid key.
log-started = The first media arrived.
log-interrupted = The publisher is gone. The broadcast waits for it.
log-already-live = A second publisher was refused: this channel is already on the air.
log-key-revoked = A publisher came with a revoked key and was refused. Make a new key and set it in the encoder.
log-unknown-key = A publisher came with an unknown key and was refused.
log-codec-unsupported = The codec can’t be played by browsers. Choose H.264, H.265 or AV1, and AAC or Opus.
log-database-unavailable = The database did not answer, so the publisher was refused. It may try again.
log-channel-suspended = This channel may not go live.
log-taken-down = The broadcast was taken down.
log-ended = The broadcast ended.
log-taken-over = A newer connection took over.
log-draining = The server is restarting. The encoder connects again by itself.
log-other = { $code }
details-title = Title
details-category = Category
details-slug = Short name, for the address
details-record = Recorded. The replay is ready when you end.
details-wait = If your encoder drops, viewers wait 120 s for you.
details-save = Save
details-saved = Saved.
recap-last = Last broadcast, { $ago }
recap-length = Length
recap-replay = Replay
end-title = End the broadcast?
end-text = { $count ->
    [0] Nobody watches right now. The replay is ready at once.
    [one] { $shown } viewer watches. The replay is ready at once.
   *[other] { $shown } viewers watch. The replay is ready at once.
  }
end-no = Go on
end-yes = End it
end-done = The broadcast is ending.
chart-title = Viewers and comment heat
chart-viewers = viewers
chart-comments = comments
chart-gathers = The curve begins after twenty seconds.
chart-now = now
chart-label = Viewers over time, now { $count ->
    [one] { $shown } viewer
   *[other] { $shown } viewers
  }
gifts-next = The next gift appears here.
gifts-broadcast = Gifts this broadcast
gifts-coins = coins
gifts-from = { $count ->
    [one] from { $count } viewer
   *[other] from { $count } viewers
  }
gifts-arriving = Arriving now
gifts-once = combos shown once
health-waiting = Waiting for the first second of measurements.
health-stale = As of { $time }
tile-bitrate = Bitrate
tile-bitrate-low = too low for this picture
tile-steady = steady
tile-interval = Frame interval
tile-fps = { $fps } frames a second
tile-drift = A/V drift
tile-drift-good = within ±100 ms
tile-drift-bad = sound and picture are apart
tile-keyframes = Keyframes
tile-keyframes-good = good for joining
tile-keyframes-bad = viewers wait to join
tile-sound = Sound
tile-sound-good = arrives
tile-sound-none = no sound arrives
tile-rate = Frame rate
tile-rate-low = too few frames
tile-picture = Picture
tile-picture-good = unchanged
tile-reconnects = Reconnects
tile-reconnects-none = none
tile-reconnects-some = one broadcast all the same
unit-mbps = Mbit/s
unit-kbps = kbit/s
unit-ms = ms
unit-s = s
unit-fps = fps
warning-keyframe-interval-long = Keyframes every { $gop_s } s: viewers wait up to { $gop_s } s to join
warning-no-audio = No sound arrives
warning-no-video = No picture arrives
warning-no-media = Nothing arrives from the encoder
warning-bitrate-low = { $bitrate_mbps } Mbit/s is little for a clear picture
warning-av-skew = Sound and picture are { $skew_ms } ms apart
warning-frame-rate-low = { $fps } frames a second: motion looks broken
warning-other = The origin warns: { $code }
warning-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
  }
cure-keyframe-interval-long = OBS › Settings › Output › Streaming › Keyframe Interval = 2 s
cure-no-audio = OBS › Audio Mixer: is a source there and not muted?
cure-no-video = OBS › Sources: is a scene chosen?
cure-no-media = Is the encoder still streaming, and is the line up?
cure-bitrate-low = OBS › Settings › Output › Streaming › Bitrate = 6000 kbit/s
cure-av-skew = OBS › Advanced Audio Properties › Sync Offset
cure-frame-rate-low = OBS › Settings › Video › FPS = 30, and a faster encoder preset
cure-other = Look at the encoder’s own log.
obs-title = Configure OBS for me
obs-text = Sets server, key and a 2 s keyframe interval through obs-websocket, then reads them back.
obs-asking = In OBS: Tools → WebSocket Server Settings → Enable. Paste its password here, or leave it empty.
obs-working = Talking to OBS on this machine.
obs-done = OBS is set up. Press Start streaming.
obs-unreachable = No OBS answers on port 4455 of this machine. Is its WebSocket server enabled?
obs-password-wrong = OBS did not take this password.
obs-refused = OBS refused a setting. Set it by hand with the steps below.
obs-differs = OBS did not keep the settings. Set them by hand with the steps below.
obs-password = OBS password
obs-start = Configure
obs-go = Set it up
obs-again = Again
