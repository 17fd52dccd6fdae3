# Titles of the other pages.
home-title = Live and recorded
studio-title = Studio
moderation-title = Moderation
