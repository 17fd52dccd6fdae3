# 其他页面的标题。
home-title = 直播与回放
studio-title = 开播台
moderation-title = 审核台
operator-title = 运维
nav-recordings = 回放
nav-on-air = { $count ->
   *[other] 正在直播 { $count }
  }
home-topics = 话题
home-for-you = 为你推荐
home-as-of = 直播状态：{ $ago }
home-empty = 还没有直播，也没有回放。
home-nothing = 没有包含这些词的内容。
home-continue = 继续观看
home-recorded = 回放
error-again = 再试一次
replay-recorded = { $day } 直播 · 回放
replay-recording = 回放
replay-share = 分享 { $time }
replay-channel = 频道
replay-search = 搜索评论
replay-found = { $count ->
   *[other] 找到 { $count } 条
  }
replay-in-step = 同步中
replay-back = 回到 { $time }
replay-here = 你在这里，{ $time }
replay-no-comments = 这场直播没有人评论。
