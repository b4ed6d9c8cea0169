
x = "no end
