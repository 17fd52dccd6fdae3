# Sentences of every page. One id, one sentence.
skip-label = Skip links
skip-main = Skip to the content
skip-picture = Skip to the picture
skip-comments = Skip to the comments
skip-write = Skip to writing
nav-label = Main
nav-home = Home
nav-live = Live now
live = LIVE
now = Now
undo = Undo
seconds-left = { $seconds } s
copy = Copy
anonymous = Someone
wallet = Your coins
search-placeholder = Search live and recorded
top-broadcast = Broadcast yourself
menu-label = You and this page
menu-guest = Guest. Your comments and coins stay in this browser.
menu-theme = Light or dark
follow = Follow
following = Following
follow-needs-account = Following needs an account on this server.
share = Share
share-copied = Address copied.
coins = { $count ->
    [one] { $shown } coin
   *[other] { $shown } coins
  }
watching = { $shown } watching
noscript-comments = Comments go on by themselves with scripts on. The picture plays without.
noscript-page = This page needs scripts.
missing-home = See what is live
badge-creator = Creator
badge-moderator = Moderator
badge-subscriber = Subscriber
badge-vip = Honoured guest
badge-bot = Program
gift-pebble = Pebble
gift-leaf-boat = Leaf boat
gift-river-lantern = River lantern
gift-heron = Heron
gift-waterfall = Waterfall
