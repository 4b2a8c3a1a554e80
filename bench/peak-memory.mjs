/** Loaded by `node --import`: writes the process's peak memory, kB, as its last words. */
process.on('exit', () => {
  process.stderr.write(`peak ${process.resourceUsage().maxRSS}\n`);
});
