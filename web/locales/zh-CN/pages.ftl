# 其他页面的标题。
home-title = 直播与回放
studio-title = 开播台
moderation-title = 审核台
