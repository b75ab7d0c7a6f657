// The node script of the measurements: URL.
const answer = await fetch(process.argv[2]);
console.log((await answer.json()).status);
