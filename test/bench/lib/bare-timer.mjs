// The least that anything can do that looks 20 times a second: its price is that of waking up.
setInterval(() => {}, 50);
