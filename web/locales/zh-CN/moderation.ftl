# 审核台。
mod-queue = 队列
mod-late = { $count ->
   *[other] { $count } 条超时
  }
mod-risk-first = 风险优先
mod-new = { $count ->
   *[other] { $count } 条新的，你点了才会移动
  }
mod-clear = 全部处理完。
mod-clear-text = 没有待处理的。新的会自己出现。
mod-ages = 等待时长
mod-target = 严重度 5 的目标 60 秒
mod-ages-label = { $count ->
   *[other] { $count } 条按等待时长
  }
mod-age-0 = 0 秒
mod-age-60 = 60 秒
mod-age-150 = 超过 2.5 分钟
mod-subject = 一个 { $kind }，见理由
mod-has-it = { $name } 在处理
mod-yours = 你的 { $time }
mod-unclaimed = 未认领
mod-to-decide = 待决定
mod-severity = 严重度 { $severity }
mod-since = { $ago }进入
mod-why = 为什么在这里
mod-read-as = 读作“{ $reading }”
mod-reports = { $count ->
   *[other] { $count } 次举报
  }
mod-reports-title = 举报
mod-score = 风险 { $shown }
mod-same = { $count ->
   *[other] 相同文字：还有 { $count } 条在等，一起决定
  }
mod-around = 房间里的上下文
mod-around-none = 前后没有人说话。
mod-approve = 通过
mod-delete = 删除
mod-timeout = 禁言
mod-ban = 封禁
mod-warn = 警告
mod-hold = 保留、上报
mod-policy = 规范
mod-note = 给其他管理员的备注
mod-how-long = 多久？
length-1 = 1 分钟
length-2 = 10 分钟
length-3 = 1 小时
length-4 = 1 天
length-5 = 7 天
mod-author = 作者
mod-joined = { $ago }加入
mod-comments = 评论
mod-removed = 被移除
mod-sanctions = 处罚
mod-no-sanctions = 无。
mod-before = 在此之前
mod-last = 最近 { $count } 条
mod-was-removed = 已移除
mod-is-held = 待审
mod-stood = 保留
mod-until = 到 { $time }
mod-filter = 筛选：规则、作者、文字
mod-waiting = 等待中
mod-oldest = 最久
mod-you = 你，本次
mod-shield = 护盾模式
mod-shield-on = 护盾已开：本房间每条评论都先等管理员。
mod-shield-off = 护盾已关。
mod-connected = 已连接
mod-connecting = 连接中
mod-did-approve = 已通过 { $name } 的评论
mod-did-delete = 已删除 { $name } 的评论
mod-did-timeout = 已删除，{ $name } 禁言 { $time }
mod-did-ban = 已封禁 { $name } 并删除其评论
mod-did-warn = 已删除，并警告 { $name }
mod-did-hold = 已上报：{ $name } 的评论
mod-did-many = { $count ->
   *[other] { $deed }，共 { $count } 条
  }
mod-undone = 已撤销。
mod-undo-failed = 已经不能撤销了。
mod-lease-lost = 你的认领已结束，可能已由别人决定。你没有改变任何内容。
mod-already-decided = 已有人先做了决定。
mod-policy-required = 请选择它违反的规范。
mod-signed-out-title = 管理员请先登录
mod-signed-out-text = 打开服务器打印的一次性链接，然后回到这里。
key-move = 移动
key-select = 选择
key-note = 备注
key-all = 全部快捷键
key-new-items = 显示新的
key-timeouts = 禁言：1 分钟、10 分钟、1 小时、1 天、7 天
key-undo = 撤销，10 秒内
key-same = 相同文字一起决定
subject-comment = 评论
subject-user = 用户
subject-broadcast = 直播
subject-recording = 回放
subject-other = 其他
rule-terms = 词表
rule-regex = 频道的规则
rule-link = 链接
rule-caps = 大写
rule-repeat = 重复文字
rule-flood = 一次太多
rule-length = 长度
rule-lang = 语言
rule-model = 分类器
rule-reputation = 作者信誉
rule-schedule = 时段
rule-other = 规则：{ $kind }
variant-folded = 折叠形近字后找到
variant-squashed = 去掉分隔符后找到
variant-skeleton = 按字形找到
variant-simplified = 转为简体后找到
variant-pinyin = 按读音找到
variant-plain = 原文
variant-other = 找到方式：{ $variant }
sanction-warn = 警告
sanction-timeout = 禁言
sanction-ban = 封禁
sanction-other = { $kind }
policy-spam = 垃圾与诈骗
policy-harassment = 骚扰
policy-abuse = 辱骂
policy-hate = 仇恨
policy-private-data = 隐私
policy-sexual = 色情
policy-violence = 暴力
policy-self-harm = 自伤
policy-other = 其他
