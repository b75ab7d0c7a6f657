console.log("a line");
