# Titles of the other pages.
home-title = Live and recorded
studio-title = Studio
moderation-title = Moderation
operator-title = Operator
nav-recordings = Recordings
nav-on-air = { $count ->
    [one] On the air, { $count }
   *[other] On the air, { $count }
  }
home-topics = Topics
home-for-you = For you
home-as-of = Live as of { $ago }
home-empty = Nothing is live and nothing is recorded yet.
home-nothing = Nothing here has these words.
home-continue = Go on watching
home-recorded = Recorded
error-again = Try again
replay-recorded = broadcast on { $day } · recording
replay-recording = recording
replay-share = Share at { $time }
replay-channel = Channel
replay-search = Search comments
replay-found = { $count ->
    [one] { $count } found
   *[other] { $count } found
  }
replay-in-step = in step
replay-back = Back to { $time }
replay-here = you are here, { $time }
replay-no-comments = Nobody wrote during this broadcast.
