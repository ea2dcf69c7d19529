module Report
  TITLE = "Report"
end
