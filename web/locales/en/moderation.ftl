# The moderation console.
mod-queue = Queue
mod-late = { $count ->
    [one] { $count } late
   *[other] { $count } late
  }
mod-risk-first = Risk first
mod-new = { $count ->
    [one] { $count } new, nothing moves until you ask
   *[other] { $count } new, nothing moves until you ask
  }
mod-clear = All clear.
mod-clear-text = Nothing waits. New items appear here by themselves.
mod-ages = Age of what waits
mod-target = target 60 s for severity 5
mod-ages-label = { $count ->
    [one] { $count } item by age
   *[other] { $count } items by age
  }
mod-age-0 = 0 s
mod-age-60 = 60 s
mod-age-150 = over 2.5 min
mod-subject = A { $kind }, see the reasons
mod-has-it = { $name } has it
mod-yours = yours { $time }
mod-unclaimed = not claimed
mod-to-decide = to decide
mod-severity = Severity { $severity }
mod-since = came in { $ago }
mod-why = Why it is here
mod-read-as = Read as “{ $reading }”
mod-reports = { $count ->
    [one] { $count } report
   *[other] { $count } reports
  }
mod-reports-title = Reports
mod-score = Risk { $shown }
mod-same = { $count ->
    [one] Same words: { $count } more waits. Decide together
   *[other] Same words: { $count } more wait. Decide together
  }
mod-around = Around it in the room
mod-around-none = Nothing was said around it.
mod-approve = Approve
mod-delete = Delete
mod-timeout = Timeout
mod-ban = Ban
mod-warn = Warn
mod-hold = Hold, escalate
mod-policy = Policy
mod-note = Note for other moderators
mod-how-long = How long?
length-1 = 1 minute
length-2 = 10 minutes
length-3 = 1 hour
length-4 = 1 day
length-5 = 7 days
mod-author = The author
mod-joined = joined { $ago }
mod-comments = Comments
mod-removed = Removed
mod-sanctions = Sanctions
mod-no-sanctions = None.
mod-before = Before this
mod-last = last { $count }
mod-was-removed = removed
mod-is-held = held
mod-stood = stood
mod-until = until { $time }
mod-filter = Filter: rule, author, words
mod-waiting = Waiting
mod-oldest = Oldest
mod-you = You, now
mod-shield = Shield mode
mod-shield-on = Shield is on: every comment of this room waits for a moderator.
mod-shield-off = Shield is off.
mod-connected = connected
mod-connecting = connecting
mod-did-approve = Approved a comment by { $name }
mod-did-delete = Deleted a comment by { $name }
mod-did-timeout = Deleted, and { $name } is silent for { $time }
mod-did-ban = Banned { $name } and deleted their comments
mod-did-warn = Deleted, and warned { $name }
mod-did-hold = Passed up: a comment by { $name }
mod-did-many = { $count ->
    [one] { $deed }
   *[other] { $deed }, { $count } items
  }
mod-undone = Taken back.
mod-undo-failed = It could not be taken back any more.
mod-lease-lost = Your claim ended, someone else may have decided. Nothing was done by you.
mod-already-decided = Someone decided this before you.
mod-policy-required = Choose the policy that it breaks.
mod-signed-out-title = Moderators sign in first
mod-signed-out-text = Open the one-time link that the server printed, then come back here.
key-move = move
key-select = select
key-note = note
key-all = all keys
key-new-items = show new ones
key-timeouts = timeout: 1 min, 10 min, 1 h, 1 d, 7 d
key-undo = undo, 10 s long
key-same = decide all with the same words
subject-comment = Comment
subject-user = User
subject-broadcast = Broadcast
subject-recording = Recording
subject-other = Something else
rule-terms = Word list
rule-regex = Pattern of the channel
rule-link = A link
rule-caps = Capitals
rule-repeat = The same text again
rule-flood = Too many at once
rule-length = Length
rule-lang = Language
rule-model = The classifier
rule-reputation = Reputation of the author
rule-schedule = Time of day
rule-other = Rule: { $kind }
variant-folded = found after folding look-alikes
variant-squashed = found after removing separators
variant-skeleton = found by its shape
variant-simplified = found in simplified script
variant-pinyin = found by its sound
variant-plain = as written
variant-other = found as: { $variant }
sanction-warn = Warned
sanction-timeout = Timeout
sanction-ban = Banned
sanction-other = { $kind }
policy-spam = Spam and scams
policy-harassment = Harassment
policy-abuse = Abuse
policy-hate = Hate
policy-private-data = Private data
policy-sexual = Sexual content
policy-violence = Violence
policy-self-harm = Self-harm
policy-other = Other
