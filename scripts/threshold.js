// Mails when a measured value has passed its limit; says nothing while it has not. The value comes from outside,
// as scripts cannot read files or run programs:
//
//     jsnpy configs/DiskSpace.json --set value=$(df --output=pcent / | tail -n 1 | tr -dc 0-9)
//     jsnpy configs/DiskSpace.json --set "what=errors in app.log" --set limit=0 --set value=$(grep -c ERROR app.log)
//
// Exit code: 0 all is well or the mail is out, 1 the mail could not be sent, 2 there was no usable value.

if (typeof arg.value !== "number" || typeof arg.limit !== "number") {
    console.error(`value and limit must be numbers, not ${arg.value} and ${arg.limit}`);
    exit(2);
}

if (arg.value > arg.limit) {
    const sent = send_email({
        ...arg.mail,
        subject: `${arg.what}: ${arg.value}${arg.unit} (limit ${arg.limit}${arg.unit})`,
        body: `Machine: ${arg.machine}\n${arg.what}: ${arg.value}${arg.unit}\nLimit: ${arg.limit}${arg.unit}\n`,
    });
    if (sent.code !== 0) {
        console.error(sent.error);
        exit(1);
    }
    console.log(`${arg.what}: ${arg.value}${arg.unit}, mail sent`);
}
