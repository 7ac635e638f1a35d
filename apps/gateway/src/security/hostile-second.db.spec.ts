// oxlint-disable-next-line import/no-unassigned-import -- it declares a test
import './hostile.db.spec.js' // the other half of the requests, for a second process
