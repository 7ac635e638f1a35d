const months = 'January February March April May June July August September October November December'.split(' ')

/** `8 December 1997` for an ISO date; a time after it is ignored. */
export const formatDay = (date: string): string => {
  const [year = '', month = '', day = ''] = date.slice(0, 10).split('-')
  return `${Number(day)} ${months[Number(month) - 1] ?? month} ${year}`
}

/** `CZK 30,276.00`. */
export const formatMoney = (amount: number, currency: string): string => {
  const [whole = '', cents = ''] = amount.toFixed(2).split('.')
  return `${currency.trim().toUpperCase()} ${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`
}
