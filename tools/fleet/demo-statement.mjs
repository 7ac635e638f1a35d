/** Synthetic bank statements that add up to the cent. */

/**
 * @typedef {object} Household monthly, in units of the currency
 * @property {number} salary
 * @property {number} rent
 * @property {number} insurance
 * @property {number} weeklyCash
 * @property {number} [overdraftEvery] every so many months an extra withdrawal empties the account
 */
/** @typedef {{ date: string, amount: number, balance: number, operation: string | null, purpose: string | null }} Entry */

const dayMs = 86_400_000

/** @param {number} time */
const isoDay = (time) => new Date(time).toISOString().slice(0, 10)

/**
 * What happens on one day of the month.
 * @param {Household} household
 * @param {number} day
 * @param {number} month counted from the first
 * @returns {Omit<Entry, 'date' | 'balance'>[]}
 */
const entriesOf = (household, day, month) => {
  const { salary, rent, insurance, weeklyCash, overdraftEvery = 0 } = household
  /** Not every month and week is alike, yet nothing is random. */
  const wave = 1 + 0.08 * Math.sin(month * 1.7 + day)
  const entries = []
  if (day === 5) entries.push({ amount: salary, operation: 'collection from another bank', purpose: null })
  if (day === 7) entries.push({ amount: -rent, operation: 'remittance to another bank', purpose: 'household' })
  if (day === 12)
    entries.push({ amount: -insurance, operation: 'remittance to another bank', purpose: 'insurrance payment' })
  if (day % 7 === 1) {
    entries.push({ amount: -Math.round(weeklyCash * wave), operation: 'withdrawal in cash', purpose: null })
  }
  if (day === 22 && overdraftEvery > 0 && month % overdraftEvery === overdraftEvery - 1) {
    entries.push({ amount: -Math.round(salary * 0.9), operation: 'withdrawal in cash', purpose: null })
  }
  if (day === 28) entries.push({ amount: 14.6, operation: null, purpose: 'payment for statement' })
  return entries.map((entry) =>
    entry.purpose === 'payment for statement' ? { ...entry, amount: -entry.amount } : entry,
  )
}

/**
 * A statement that ends the day before `endsOn`. Balances are kept in cents, so that they are exact.
 * @param {{ household: Household, months: number, opening: number, endsOn: string }} options
 * @returns {Entry[]}
 */
export const makeStatement = ({ household, months, opening, endsOn }) => {
  const end = Date.parse(endsOn)
  const start = new Date(end)
  start.setUTCMonth(start.getUTCMonth() - months)
  const first = { date: isoDay(start.getTime()), amount: opening, operation: 'credit in cash', purpose: null }
  /** @type {Entry[]} */
  const entries = [{ ...first, balance: opening }]
  let cents = Math.round(opening * 100)
  for (let time = start.getTime() + dayMs; time < end; time += dayMs) {
    const date = new Date(time)
    const month = (date.getUTCFullYear() - start.getUTCFullYear()) * 12 + date.getUTCMonth() - start.getUTCMonth()
    for (const entry of entriesOf(household, date.getUTCDate(), month)) {
      cents += Math.round(entry.amount * 100)
      entries.push({ date: isoDay(time), ...entry, balance: cents / 100 })
    }
  }
  return entries
}
