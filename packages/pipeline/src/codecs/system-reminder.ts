/** Instructions inside of a user's turn, where a protocol has no other place for them: as agents mark such words. */
export const systemReminder = (instructions: string): string => `<system-reminder>\n${instructions}\n</system-reminder>`
