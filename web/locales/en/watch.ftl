# The watch page, the player and the room.
player-tap-for-sound = Tap for sound
player-loading = Loading
player-loading-long = Waiting for the first picture from the server.
player-stalled-long = Waiting for more of the picture.
player-offline-title = Your connection is gone
player-offline-text = Playing what is already here: { $seconds } s left. Trying again.
player-reconnect-left = { $time } left to come back
player-play = Play
player-pause = Pause
player-mute = Mute
player-unmute = Sound on
player-volume = Volume
player-captions = Captions
player-danmaku = Comments on the picture
player-settings = Picture settings
player-pip = Picture in picture
player-theatre = Theatre
player-full = Full screen
player-quality = { $height }p
player-quality-auto = { $height }p · auto
settings-quality = Quality
settings-auto = Auto
settings-speed = Speed
settings-density = Comments on the picture at once
settings-low = Few
settings-normal = Normal
settings-high = Many
settings-all = All
settings-area = Part of the picture
settings-full = Full
settings-opacity = Opacity
settings-danmaku-speed = Pace
settings-size = Size
settings-letter-keys = Single-letter keys
latency-live = { $seconds } behind live
latency-behind = { $time } behind
latency-go-live = Go to live
seek-label = Position
seek-at-live = At the live edge
seek-behind = { $time } behind live
seek-heat = Height of the water: comments a minute
seek-gifts = gift bursts
slate-not-live-title = Not live right now
slate-not-live-text = This page turns into the broadcast by itself. Comments are open.
slate-soon-title = Starting any moment
slate-starts = Starts { $when }, your time
slate-interrupted-title = { $creator }’s connection dropped
slate-interrupted-text = The picture comes back here. Comments go on.
slate-played-title = That was the whole recording
slate-again = Play again
slate-ended-title = The broadcast is over
slate-ended-length = The broadcast is over. { $length }.
slate-ended-text = The replay is ready, with comments and gifts in place.
slate-ended-no-replay = It was not recorded.
slate-from-start = Watch from the start
slate-refused-title = This broadcast is for invited viewers
slate-refused-text = Its creator decides who may watch.
slate-gone-title = This broadcast was removed
slate-gone-text = A moderator took it down under the rules of this server.
slate-unsupported-title = This browser cannot play live video here
slate-unsupported-text = It lacks Media Source and HLS. The address works in VLC and on phones.
slate-address = Address for VLC
comments-label = Comments
comments-empty = No comments yet. Say hello.
comments-pinned = Pinned
comments-new = { $count ->
    [one] { $shown } new comment
   *[other] { $shown } new comments
  }
comments-sampled = Busy: showing 1 in { $in } comments. The creator, gifts and yours always show.
comments-reconnect = Comments are cut off. Trying again in { $seconds } s.
comments-refused = Comments are closed to you here.
comments-gap = { $count ->
    [one] { $count } comment was skipped for speed
   *[other] { $count } comments were skipped for speed
  }
comment-removed-moderator = Comment removed by a moderator
comment-removed-author = Comment taken back
comment-question = Question
comment-times = { $count } times
comment-sending = sending
comment-held = waits for a moderator
comment-failed = not sent yet
comment-reply = Answer { $name }
comment-report = Report
report-thanks = Thank you. A moderator will look at it.
report-failed = The report did not arrive. Try again.
composer-chat = Write a comment
composer-chat-as = Comment as { $name }
composer-danmaku = Say it on the picture, at this very moment
composer-danmaku-switch = On picture
composer-send = Send
composer-wait = { $seconds } s
composer-slow = Slow mode: one comment each { $seconds } s
composer-key = to write
composer-held = A moderator reads it first.
composer-unsent = Not sent yet. It goes by itself when the line is back.
composer-refused = Not taken. Your words are still here.
composer-refused-slow-mode = Slow mode. Your words are still here.
composer-refused-rate-limited = Too fast. Your words are still here.
composer-refused-rejected-by-rule = A rule of this room does not let this through.
composer-refused-sanctioned = You may not write here until { $until }. You can appeal.
composer-refused-followers-only = Only followers may write here.
composer-refused-subscribers-only = Only subscribers may write here.
gifts-label = Gifts
gifts-title = Send a gift
gift-send = Send { $name }, { $count ->
    [one] { $shown } coin
   *[other] { $shown } coins
  }
gift-combo-left = { $seconds } s
gift-quantity = How many
gift-give = Send
gift-again = Again
gift-open = { $seconds } s to go on · { $count ->
    [one] { $shown } coin
   *[other] { $shown } coins
  } so far
gift-costs = Costs { $count ->
    [one] { $shown } coin
   *[other] { $shown } coins
  }
gift-total = { $count } sent, { $coins ->
    [one] { $shown } coin
   *[other] { $shown } coins
  }
gift-refused = { $name } was not sent. You paid nothing.
gift-refused-insufficient-funds = Not enough coins for { $name }. You paid nothing.
gift-refused-spend-limit = Your spending limit is reached. You paid nothing.
gift-refused-age-gate = Gifts are not open to your account. You paid nothing.
gift-refused-offline = No answer. { $name } was not counted; try again.
combo-sent = sent { $gift }
leaderboard-title = Top givers
leaderboard-empty = No gifts yet in this broadcast.
tabs-label = Beside the picture
tab-comments = Comments
tab-gifts = Gifts
tab-about = About
tab-next = Next
tab-viewers = Viewers
about-by = By { $creator }
about-viewers = Watching now
about-address = Address for other players
next-title = Up next
next-why = Why these?
next-why-text = Each card says why it is here. The list knows what you watched in this browser and what is live now, nothing else.
next-empty = Nothing else is live right now.
next-error = The list did not load.
card-ended = Ended, replay
reason-followed = You follow { $channel }
reason-you-watch-often = You watch often
reason-because-you-watched = Because of “{ $title }”
reason-trending-in = Rising in { $category }
reason-trending = Many watch this now
reason-popular = Many watch this now
reason-new-channel = New channel
reason-next-in-course = Next in your course
reason-starts-soon = Starts soon
reason-continue-watching = Go on watching
reason-exploration = Something new
reason-recent = Just recorded
reason-other = Live on this server
danmaku-switch = Timed comments
followers = { $count ->
    [one] { $shown } follower
   *[other] { $shown } followers
  }
