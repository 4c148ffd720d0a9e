/** SIGUSR1 opens log files anew, for those who move them away (nginx: "Rotating Log-files"). Without a listener Node opens a debugger for it. */

/** @param reopen called for each signal; before there is anything to open the signal has no effect */
export function listenForReopen(reopen: () => void): void {
  process.on('SIGUSR1', reopen)
}
