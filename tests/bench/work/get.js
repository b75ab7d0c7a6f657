// arg: { url }
const answer = http_get(arg.url);
if (answer.status !== 200) exit(1);
console.log(JSON.parse(answer.body).status);
